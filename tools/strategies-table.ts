/**
 * `npm run strategies`: measures each strategy on some published mistakes of the zoo and writes the
 * table of docs/strategies.md. The figures depend on the strategies alone, not on the machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DRAWING, SYSTEMATIC } from '../test/zoo/entries.ts';

/** Few enough to read, and of many kinds; `npm run zoo` measures all. */
const PROGRAMS: readonly (readonly [name: string, kind: string])[] = [
  ['account', 'a lost update'],
  ['reorder_5', 'one of many writers is late'],
  ['reorder_20', 'one of very many writers is late'],
  ['twostage_20', 'two locks with a gap between, many tasks'],
  ['stringbuffer-jdk1.4', 'a length that has changed since it was read'],
  ['work-stealing deque', 'the last item is taken twice'],
  ['dining philosophers 5', 'a deadlock of five'],
  ['uneven-25', 'a short task in the middle of a long one'],
  ['nested order A B C B A', 'several switches in one order'],
  ['bounded buffer, one condition', 'the wrong one is woken'],
  ['lost signal', 'a signal before the wait'],
];
const STRATEGIES: readonly string[] = [...DRAWING, ...SYSTEMATIC];
const RUNS_MAX = 1_000;

interface Measured {
  readonly program: string;
  readonly strategy: string;
  /** The first failing run for each seed; null where none failed. */
  readonly firsts: readonly (number | null)[];
}

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/strategies.md');
const [begin, end] = ['<!-- measured: npm run strategies -->', '<!-- /measured -->'];

function measure(): Measured[] {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-strategies-'));
  const json = join(folder, 'zoo.json');
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...['--import', 'tsx', 'test/zoo/main.ts', '--quick', '--cap', String(RUNS_MAX)],
      ...['--strategies', STRATEGIES.join(','), '--json', json],
      ...PROGRAMS.map(([name]) => name),
    ],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the zoo ended with ${status}: ${stderr}`);
  const { measured } = JSON.parse(readFileSync(json, 'utf8')) as { measured: Measured[] };
  rmSync(folder, { recursive: true });
  return measured;
}

/**
 * The mean over the seeds, of which one that found nothing counts as all its runs; `–` where most
 * found nothing, nothing where it was not tried.
 */
function cellOf(measured: readonly Measured[], program: string, strategy: string): string {
  const its = measured.find((one) => one.program === program && one.strategy === strategy);
  const firsts = its?.firsts ?? [];
  if (firsts.length === 0) return '';
  if (firsts.filter((first) => first === null).length > firsts.length / 2) return '–';
  const mean =
    firsts.reduce<number>((sum, first) => sum + (first ?? RUNS_MAX + 1), 0) / firsts.length;
  return mean < 10 ? String(Number(mean.toFixed(1))) : String(Math.round(mean));
}

const measured = measure();
const rows = PROGRAMS.map(([program, kind]) => {
  const cells = STRATEGIES.map((strategy) => cellOf(measured, program, strategy));
  return `| ${kind} | ${cells.join(' | ')} |`;
});
const table = [
  `| | ${STRATEGIES.map((name) => `\`${name}\``).join(' | ')} |`,
  `|---${'|---:'.repeat(STRATEGIES.length)}|`,
  ...rows,
].join('\n');
const text = readFileSync(page, 'utf8');
const [from, to] = [text.indexOf(begin), text.indexOf(end)];
if (from < 0 || to < from)
  throw new Error(`docs/strategies.md has lost its markers ${begin} … ${end}`);
writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`);
