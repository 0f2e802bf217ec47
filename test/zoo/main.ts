/**
 * `npm run zoo`: schedules to the first bug, for every program and strategy, beside the figures that are known. `--quick` takes fewer
 * seeds and schedules, and like `--small` leaves out the large programs; words choose programs, and `--strategies a,b` strategies.
 */
import { parseArgs } from 'node:util';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { measure, measuredText } from './measure.ts';
import { SPECIMENS, type Specimen } from './programs.ts';
import { RACES } from './races.ts';

const RANDOMISED = ['random', 'sticky', 'pct:3', 'pos', 'urw', 'surw', 'feedback', 'portfolio'];
const SYSTEMATIC = ['dfs', 'icb', 'delay'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    cap: { type: 'string' },
    strategies: { type: 'string' },
  },
});
const seeds = Number(values.seeds ?? (values.quick ? 5 : 20));
const runsMax = Number(values.cap ?? (values.quick ? 1_000 : 10_000));
const strategies = values.strategies?.split(',') ?? [...RANDOMISED, ...SYSTEMATIC];
const chosen = [...SPECIMENS, ...(RACES as readonly Specimen[])].filter(({ name, large }) =>
  positionals.length === 0
    ? !((values.quick || values.small) && large)
    : positionals.some((word) => name.includes(word)),
);

/** The figure that is known for a strategy. */
function knownOf(specimen: Specimen, spec: string): string {
  const name = (spec.split(':')[0] ?? '') as keyof NonNullable<Specimen['known']>;
  const systematic = SYSTEMATIC.indexOf(name);
  return (systematic >= 0 ? specimen.knownSystematic?.[systematic] : specimen.known?.[name]) ?? '';
}

const WIDTH = 38;
const COLUMN = 18;
console.log(
  `Mean schedules to the first bug, ${seeds} seeds (one for ${SYSTEMATIC.join(', ')}), at most ${runsMax}; "(k)": found in k of the seeds; in brackets what is known.\n`,
);
console.log(`${'program'.padEnd(WIDTH)}${strategies.map((name) => name.padEnd(COLUMN)).join('')}`);
const began = performance.now();
for (const specimen of chosen) {
  process.stdout.write(specimen.name.padEnd(WIDTH));
  for (const spec of strategies) {
    const systematic = SYSTEMATIC.includes(spec.split(':')[0] ?? '');
    const measured = measure(specimen.scenario, (seed) => makeStrategy(spec, { seed }), {
      seeds: systematic ? 1 : seeds,
      runsMax,
    });
    const known = knownOf(specimen, spec);
    const text = `${measuredText(measured)}${known && ` [${known}]`}`;
    process.stdout.write(text.padEnd(COLUMN));
  }
  process.stdout.write('\n');
}
console.log(`\n${((performance.now() - began) / 1000).toFixed(1)} s`);
