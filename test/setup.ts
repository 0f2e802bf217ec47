import fc from 'fast-check';

// A test does the same each time, on every machine. Other cases, to look for more: HEDDLE_SEED=2
// npm test.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['HEDDLE_SEED'] ?? 1) });
// What deepens the tests of a user would make others of ours.
for (const name of ['RUNS', 'TIME', 'SEED', 'SHARD', 'CORPUS']) {
  delete process.env[`HEDDLE_${name}`];
}
