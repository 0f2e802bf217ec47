/**
 * `npm run zoo`: schedules to the first bug, for every program and strategy, beside the figures that are known, and how many the portfolio
 * needs of those of the best strategy. `--quick` takes fewer seeds and schedules, and like `--small` leaves out the large programs;
 * words choose programs, and `--strategies a,b` strategies.
 */
import { parseArgs } from 'node:util';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { Pct } from '../../src/sim/schedule/strategies/pct.ts';
import { DemotesToLowest } from './demotes-to-lowest.ts';
import { type Measured, meanOf, measure, measuredText } from './measure.ts';
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

/** The figures that are known for a strategy: of the re-creation, and of the paper. */
function knownOf(specimen: Specimen, spec: string): string {
  const name = (spec.split(':')[0] ?? '') as keyof NonNullable<Specimen['known']>;
  const systematic = SYSTEMATIC.indexOf(name);
  const again = systematic >= 0 ? specimen.knownSystematic?.[systematic] : specimen.known?.[name];
  const published = specimen.published?.[name];
  if (again === undefined && published === undefined) return '';
  return published === undefined ? ` [${again}]` : ` [${again ?? '–'} | ${published}]`;
}

/** How many of the programs with published figures the tool of the paper found, by strategy. */
function publishedFinds(among: readonly Specimen[]): string {
  const finds = new Map<string, number>();
  for (const { published = {} } of among) {
    for (const [name, text] of Object.entries(published)) {
      finds.set(name, (finds.get(name) ?? 0) + (text === '0' ? 0 : 1));
    }
  }
  return [...finds].map(([name, count]) => `${name} ${count}`).join(', ');
}

/** What the portfolio needs against the best of the others. */
interface Comparison {
  readonly program: string;
  readonly portfolio: number;
  /** The best of those that draw, and of those that search systematically. */
  readonly drawn: number;
  readonly systematic: number;
}

const PORTFOLIO = 'portfolio';
const RATIO_MAX = 2;

function comparisonOf(program: string, all: ReadonlyMap<string, Measured>): Comparison | undefined {
  const own = all.get(PORTFOLIO);
  const best = (among: readonly string[]): number =>
    Math.min(
      ...[...all]
        .filter(([spec]) => spec !== PORTFOLIO && among.includes(spec))
        .map(([, measured]) => meanOf(measured, runsMax)),
    );
  const drawn = best(RANDOMISED);
  if (own === undefined || own.found.length === 0 || !(drawn < runsMax)) return undefined;
  return { program, portfolio: meanOf(own, runsMax), drawn, systematic: best(SYSTEMATIC) };
}

function conclusion(comparisons: readonly Comparison[]): string {
  const withFigures = chosen.filter(({ published }) => published !== undefined);
  const over = (of: (one: Comparison) => number): string => {
    const names = comparisons
      .filter((one) => one.portfolio > RATIO_MAX * of(one))
      .map((one) => `${one.program} (${(one.portfolio / of(one)).toFixed(2)})`);
    return names.length === 0 ? 'none' : names.join(', ');
  };
  return [
    `The portfolio found the bugs of ${foundBy.get(PORTFOLIO) ?? 0} of ${chosen.length} programs; ${[
      ...foundBy,
    ]
      .filter(([spec]) => spec !== PORTFOLIO)
      .map(([spec, count]) => `${spec} ${count}`)
      .join(', ')}.`,
    `Of the ${withFigures.length} with published figures it found ${foundOfPublished}; the tool of the paper: ${publishedFinds(withFigures)}.`,
    `Its mean is more than ${RATIO_MAX} times that of the best strategy that draws for: ${over(({ drawn }) => drawn)}.`,
    `The same against ${SYSTEMATIC.join(', ')}, each of which makes the same runs every time: ${over(({ systematic }) => systematic)}.`,
    `A seed that found nothing counts as ${runsMax} runs; with ${seeds} seeds a mean is off by about ${Math.round(100 / Math.sqrt(seeds))} %.`,
  ].join('\n');
}

const WIDTH = 38;
const COLUMN = 28;
console.log(
  `Mean schedules to the first bug, ${seeds} seeds (one for ${SYSTEMATIC.join(', ')}), at most ${runsMax}; "(k)": found in k of the seeds; in brackets what a re-creation with the same scheduling points needed | the tool of the SURW paper, whose points are others.\n`,
);
console.log(
  `${'program'.padEnd(WIDTH)}${strategies.map((name) => name.padEnd(COLUMN)).join('')}portfolio / best`,
);
const comparisons: Comparison[] = [];
/** Programs whose bug a strategy has found with at least one seed; those of them with published figures. */
const foundBy = new Map<string, number>();
let foundOfPublished = 0;
const began = performance.now();
for (const specimen of chosen) {
  process.stdout.write(specimen.name.padEnd(WIDTH));
  const all = new Map<string, Measured>();
  for (const spec of strategies) {
    const systematic = SYSTEMATIC.includes(spec.split(':')[0] ?? '');
    const measured = measure(specimen.scenario, (seed) => makeStrategy(spec, { seed }), {
      seeds: systematic ? 1 : seeds,
      runsMax,
    });
    all.set(spec, measured);
    if (measured.found.length > 0) foundBy.set(spec, (foundBy.get(spec) ?? 0) + 1);
    if (spec === PORTFOLIO && specimen.published !== undefined && measured.found.length > 0)
      foundOfPublished++;
    const known = knownOf(specimen, spec);
    const text = `${measuredText(measured)}${known}`;
    process.stdout.write(text.padEnd(COLUMN));
  }
  const comparison = comparisonOf(specimen.name, all);
  if (comparison !== undefined) comparisons.push(comparison);
  const ratio = comparison && comparison.portfolio / comparison.drawn;
  process.stdout.write(`${ratio?.toFixed(2) ?? ''}\n`);
}
/** What PCT loses when who is demoted falls below all others, instead of to the index of the change point. */
function demoting(): string {
  const nested = SPECIMENS.find(({ name }) => name.startsWith('nested order')) as Specimen;
  const [paper, lowest] = [Pct, DemotesToLowest].map((Strategy) =>
    measuredText(measure(nested.scenario, (seed) => new Strategy(seed, 3), { seeds, runsMax })),
  );
  return `On nested order pct:3 needs ${paper}; demoting to the lowest instead: ${lowest}.`;
}

if (chosen.some(({ name }) => name.startsWith('nested order'))) console.log(`\n${demoting()}`);
if (comparisons.length > 0) console.log(`\n${conclusion(comparisons)}`);
console.log(`\n${((performance.now() - began) / 1000).toFixed(1)} s`);
