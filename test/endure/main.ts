/**
 * Endurance: `npm run endure` until each part has reached its goal, about an hour on two quiet
 * cores; `-- --minutes 1` stops each after its share of a minute, `-- --part NAME` runs one. Each
 * part runs in processes of its own, as many at once as there are cores, so an abort or a hang is
 * one that is counted. The table says what was tried and what came of it. Ends with 1 if anything
 * was wrong. Seeds are by date: `-- --seed 20261129` is that day's again.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figures, KINDS, type Part, type Wrong } from './part.ts';
import { PARTS } from './parts.ts';
import { runPiece } from './process.ts';

/** Of what was wrong in one part; the counts say how much there is. */
const SHOWN_MAX = 10;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    part: { type: 'string' },
  },
});
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
const seed = Number(values.seed ?? new Date().toISOString().slice(0, 10).replaceAll('-', ''));
const parts = PARTS.filter(({ name }) => values.part === undefined || name.includes(values.part));
if (parts.length === 0 || Number.isNaN(minutes ?? 0) || Number.isNaN(seed)) {
  console.error(`--part: ${PARTS.map(({ name }) => name).join(' | ')}; --minutes, --seed: numbers`);
  process.exit(2);
}

const lanes = availableParallelism();
const whole = parts.reduce((sum, { share }) => sum + share, 0);
const table = new Map(parts.map((part) => [part, [] as Figures[]]));
const begun = performance.now();

const queue = parts.flatMap((part) => {
  const wallMs =
    minutes === undefined
      ? undefined
      : (minutes * 60_000 * lanes * part.share) / whole / part.pieces;
  return Array.from({ length: part.pieces }, (_, piece) => ({
    part,
    asked: { part: part.name, piece, seed, goal: Math.ceil(part.goal / part.pieces), wallMs },
  }));
});

const minutesText = (): string => `${((performance.now() - begun) / 60_000).toFixed(1)} min`;

/** A row, once all pieces of a part are there. */
function row(part: Part, pieces: readonly Figures[]): string {
  const came: Record<string, number> = {};
  for (const figures of pieces)
    for (const [what, count] of Object.entries(figures.came))
      came[what] = (came[what] ?? 0) + count;
  const tried = pieces.reduce((sum, figures) => sum + figures.tried, 0);
  const wrong = pieces.reduce((sum, figures) => sum + figures.wrong.length, 0);
  const outcomes = Object.entries(came).map(([what, count]) => `${count} ${what}`);
  return `  ${part.name.padEnd(30)}${String(tried).padStart(9)}  ${String(wrong).padStart(4)} wrong  ${outcomes.join(', ')}`;
}

async function lane(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { part, asked } = next;
    const pieces = table.get(part) as Figures[];
    pieces.push(await runPiece(asked));
    if (pieces.length === part.pieces) console.log(`${row(part, pieces)}  (at ${minutesText()})`);
  }
}

console.log(
  `endure: ${minutes === undefined ? 'until all goals are reached' : `${minutes} minutes`}, seed ${seed}, ${lanes} processes at once`,
);
await Promise.all(Array.from({ length: lanes }, lane));

const all: Wrong[] = [];
for (const [part, pieces] of table) {
  const wrong = pieces.flatMap((figures) => figures.wrong);
  all.push(...wrong);
  for (const { kind, what } of wrong.slice(0, SHOWN_MAX))
    console.log(`  ✗ ${part.name}: ${kind}: ${what}`);
}
const counts = KINDS.map((kind) => `${kind} ${all.filter((wrong) => wrong.kind === kind).length}`);
console.log(`${counts.join(', ')}; ${minutesText()}`);
process.exit(all.length === 0 ? 0 : 1);
