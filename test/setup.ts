import fc from 'fast-check';

// A test does the same each time, on every machine. Other cases, to look for more: HEDDLE_SEED=2
// npm test.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['HEDDLE_SEED'] ?? 1) });
