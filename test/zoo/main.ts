/**
 * `npm run zoo`: schedules to the first bug, for every program and strategy, beside the figures
 * that are known, and how many the portfolio needs of those of the best strategy. Measured whole it
 * writes docs/zoo.md. `--quick` takes fewer seeds and schedules, and like `--small` leaves out the
 * large programs; words choose programs, `--part held-back` those on which nothing was tuned, and
 * `--strategies a,b` strategies. `--seeds 20` are the first twenty, `--seeds 21-60` those after
 * them; `--all-seeds` tries them all, whatever was found. `--json FILE` writes down what every seed
 * needed, and takes from it what is there already. `--twins N` runs the twins without the mistake
 * N times each instead. All of it in `--workers N` processes, on which the figures do not depend.
 * Ctrl-C prints what is known so far.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { UsageError } from '../../src/sys/errors.ts';
import { documentOf } from './document.ts';
import {
  Cell,
  DRAWING,
  isNested,
  isTried,
  PCT,
  PORTFOLIO,
  PROGRAMS,
  SYSTEMATIC,
  TO_LOWEST,
} from './entries.ts';
import { resume } from './resume.ts';
import { spread } from './spread.ts';
import { conclusion, heading, type Row, rowText, type Scope } from './table.ts';
import { checkTwins } from './twins.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    'all-seeds': { type: 'boolean', default: false },
    cap: { type: 'string' },
    strategies: { type: 'string' },
    workers: { type: 'string' },
    json: { type: 'string' },
    part: { type: 'string' },
    twins: { type: 'string' },
  },
});

/** A whole number of at least 1. */
function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number >= 1))
    refuse(`--${option} is a number from 1, not "${text}"`);
  return number;
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** `20` are the seeds from 1 to 20, `21-60` those from 21 to 60. */
function seedsOf(text: string): number[] {
  const [from, to] = text.includes('-') ? text.split('-', 2) : ['1', text];
  const first = numberOf('seeds', from ?? '');
  const last = numberOf('seeds', to ?? '');
  if (last < first) refuse(`--seeds goes from the lower to the higher, not "${text}"`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const seeds = seedsOf(values.seeds ?? (values.quick ? '5' : '20'));
const workers = numberOf('workers', values.workers ?? String(availableParallelism()));
const all = [...DRAWING, ...SYSTEMATIC];
const runsMax = numberOf('cap', values.cap ?? (values.quick ? '1000' : '10000'));
/** As many as a measurement of all programs has time for: those of two seeds that find nothing. */
const budget = values['all-seeds'] ? Number.POSITIVE_INFINITY : 2 * runsMax;
/** Of programs whose runs are long. */
const LARGE_RUNS_MAX = 1_000;
const scope: Scope = {
  strategies: values.strategies?.split(',') ?? all,
  seeds: seeds.length,
  runsMax,
  budget,
  large: {
    seeds: Math.min(seeds.length, 5),
    runsMax: Math.min(runsMax, LARGE_RUNS_MAX),
    budget: Math.min(budget, LARGE_RUNS_MAX),
  },
};
try {
  for (const spec of scope.strategies) makeStrategy(spec, { seed: 1 });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  refuse(error.message);
}

const PART_NAMES = { 'held-back': true, tuned: false, older: undefined } as const;
const { part } = values;
if (part !== undefined && !Object.hasOwn(PART_NAMES, part)) {
  refuse(`--part is one of ${Object.keys(PART_NAMES).join(', ')}, not "${part}"`);
}
const programs = PROGRAMS.filter(
  ({ name, large, heldBack }) =>
    (part === undefined || heldBack === PART_NAMES[part as keyof typeof PART_NAMES]) &&
    (positionals.length === 0
      ? !((values.quick || values.small) && large)
      : positionals.some((word) => name.includes(word))),
);
if (values.twins !== undefined) {
  process.exit(checkTwins(programs, numberOf('twins', values.twins)) ? 0 : 1);
}
const isWhole = programs.length === PROGRAMS.length && values.strategies === undefined;

const rows: Row[] = programs.map((program) => {
  const specs = scope.strategies.filter((spec) => isTried(program, spec));
  if (isNested(program.name) && specs.includes(PCT)) specs.push(TO_LOWEST);
  const bounds = program.large ? scope.large : scope;
  const cellOf = (spec: string): Cell => {
    const isSystematic = SYSTEMATIC.includes(spec.split(':')[0] ?? '');
    return new Cell(program.name, spec, {
      seeds: seeds.slice(0, isSystematic ? 1 : bounds.seeds),
      runsMax: bounds.runsMax,
      budget: spec === PORTFOLIO ? Number.POSITIVE_INFINITY : bounds.budget,
    });
  };
  return { program, cells: new Map(specs.map((spec) => [spec, cellOf(spec)])) };
});
if (rows.length === 0) refuse(`no program of the zoo is named like ${positionals.join(', ')}`);

const cells = rows.flatMap((row) => [...row.cells.values()]);
if (values.json !== undefined) resume(cells, values.json);
const isDone = (row: Row): boolean => [...row.cells.values()].every((cell) => cell.isDone);

let printed = 0;
/** Rows come in their order, each when it is complete. */
function printRows(): void {
  for (let row = rows[printed]; row !== undefined && isDone(row); row = rows[++printed]) {
    console.log(rowText(row, scope));
  }
}

const began = performance.now();
const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(0)} s`;
const live = process.stderr.isTTY;
let answers = 0;
/** After so many answers what is known is written down. */
const ANSWERS_SAVED = 200;
let toldAt = began;
function progress(): void {
  answers++;
  const now = performance.now();
  if (now - toldAt < (live ? 200 : 30_000)) return;
  toldAt = now;
  const done = cells.filter((cell) => cell.isDone).length;
  const text = `${done} of ${cells.length} cells, ${answers} seeds, ${seconds()}`;
  process.stderr.write(live ? `\r\x1b[K${text}` : `${text}\n`);
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
const clear = (): void => {
  if (live) process.stderr.write('\r\x1b[K');
};
console.log(heading(scope));
await spread(
  cells.filter((cell) => !cell.isDone),
  { workers, stop: interrupt.signal },
  () => {
    clear();
    printRows();
    progress();
    if (answers % ANSWERS_SAVED === 0) save();
  },
);
clear();
printRows();
save();

const complete = rows.filter(isDone);
if (complete.length < rows.length) {
  // Stopped: what is known of the others.
  for (const row of rows.slice(printed)) {
    if ([...row.cells.values()].some(({ firsts }) => firsts.length > 0))
      console.log(rowText(row, scope));
  }
  console.log(
    `\nStopped: the rest is about the ${complete.length} of ${rows.length} programs that were measured whole.`,
  );
}
if (complete.length > 0) console.log(`\n${conclusion(complete, scope)}`);
console.log(`\n${seconds()}`);

if (isWhole && complete.length === rows.length) {
  const path = join(import.meta.dirname, '../../docs/zoo.md');
  writeFileSync(path, documentOf(complete, scope));
  console.log(`written: ${path}`);
}

/** What every seed needed, to a file that {@link resume} reads. */
function save(): void {
  if (values.json === undefined) return;
  const measured = cells.map(({ program, strategy, effort, firsts }) => ({
    program,
    strategy,
    runsMax: effort.runsMax,
    firsts,
  }));
  const lines = measured.map((one) => JSON.stringify(one)).join(',\n');
  writeFileSync(values.json, `{"firstSeed":${seeds[0]},"measured":[\n${lines}\n]}\n`);
}
