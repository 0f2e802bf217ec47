/**
 * `npm run zoo`: schedules to the first bug, for every program and strategy, beside the figures
 * that are known, and how many the portfolio needs of those of the best strategy. `--quick` takes
 * fewer seeds and schedules, and like `--small` leaves out the large programs; words choose
 * programs, and `--strategies a,b` strategies. `--seeds 20` are the first twenty, `--seeds 21-60`
 * those after them; `--all-seeds` tries them all, even after five that found nothing. `--json FILE`
 * writes down what every seed needed. All of it in `--workers N` processes, on which the figures do
 * not depend. Ctrl-C prints what is known so far.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { UsageError } from '../../src/sys/errors.ts';
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
import { spread } from './spread.ts';
import { conclusion, heading, type Row, rowText, type Scope } from './table.ts';

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
const scope: Scope = {
  strategies: values.strategies?.split(',') ?? all,
  seeds: seeds.length,
  runsMax: numberOf('cap', values.cap ?? (values.quick ? '1000' : '10000')),
};
try {
  for (const spec of scope.strategies) makeStrategy(spec, { seed: 1 });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  refuse(error.message);
}

const rows: Row[] = PROGRAMS.filter(({ name, large }) =>
  positionals.length === 0
    ? !((values.quick || values.small) && large)
    : positionals.some((word) => name.includes(word)),
).map((program) => {
  const specs = scope.strategies.filter((spec) => isTried(program, spec));
  if (isNested(program.name) && specs.includes(PCT)) specs.push(TO_LOWEST);
  const cellOf = (spec: string): Cell => {
    const isSystematic = SYSTEMATIC.includes(spec.split(':')[0] ?? '');
    const patient = values['all-seeds'] || spec === PORTFOLIO;
    return new Cell(program.name, spec, isSystematic ? seeds.slice(0, 1) : seeds, patient);
  };
  return { program, cells: new Map(specs.map((spec) => [spec, cellOf(spec)])) };
});
if (rows.length === 0) refuse(`no program of the zoo is named like ${positionals.join(', ')}`);

const cells = rows.flatMap((row) => [...row.cells.values()]);
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
await spread(cells, { workers, runsMax: scope.runsMax, stop: interrupt.signal }, () => {
  clear();
  printRows();
  progress();
});
clear();

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

if (values.json !== undefined) {
  const measured = cells.map(({ program, strategy, firsts }) => ({ program, strategy, firsts }));
  const { runsMax } = scope;
  writeFileSync(
    values.json,
    `{"firstSeed":${seeds[0]},"runsMax":${runsMax},"measured":[\n${measured.map((one) => JSON.stringify(one)).join(',\n')}\n]}\n`,
  );
}
