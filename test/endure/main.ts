/**
 * Endurance: `npm run endure` for an hour, `npm run endure -- --minutes 1` for one, `--part NAME`
 * for one part. Each part has its share of the time; the table says what was tried and what came of
 * it. Ends with 1 if anything was wrong. Seeds are by date: `--seed 20261129` is that day's again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/sim/schedule/random.ts';
import { clients } from './clients.ts';
import { files, schedules } from './files.ts';
import { nodePrograms } from './node-programs.ts';
import { type Figures, line, type Part } from './part.ts';
import { programs } from './programs.ts';
import { runs } from './runs.ts';
import { saves } from './saves.ts';

// Arguments of programs are of the right type; test/properties/hardness.test.ts has all others.
const PARTS: readonly Part[] = [runs, files, schedules, programs, clients, nodePrograms, saves];
/** Of what was wrong in one part; the count says how many there are. */
const SHOWN_MAX = 10;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    part: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? new Date().toISOString().slice(0, 10).replaceAll('-', ''));

async function figuresOf(part: Part, share: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-endure-'));
  const end = performance.now() + (minutes * 60_000 * part.share) / share;
  try {
    return await part.run({
      random: new Random(seed),
      isOver: () => performance.now() > end,
      folder,
    });
  } catch (error) {
    return { what: part.name, tried: 0, came: 'did not come to its end', wrong: [line(error)] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const parts = PARTS.filter(({ name }) => values.part === undefined || name.includes(values.part));
const whole = parts.reduce((sum, { share }) => sum + share, 0);
const table: Figures[] = [];
console.log(`endure: ${minutes} minutes, seed ${seed}`);
for (const part of parts) {
  const figures = await figuresOf(part, whole);
  table.push(figures);
  console.log(
    `  ${figures.what.padEnd(32)}${String(figures.tried).padStart(9)}  ${String(figures.wrong.length).padStart(4)} wrong  ${figures.came}`,
  );
}
const wrong = table.reduce((sum, figures) => sum + figures.wrong.length, 0);
for (const figures of table) {
  for (const what of figures.wrong.slice(0, SHOWN_MAX)) console.log(`  ✗ ${figures.what}: ${what}`);
}
const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
console.log(`${wrong} wrong; ${memory} MiB at the end`);
process.exit(wrong === 0 ? 0 : 1);
