import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { savedFailures } from '../../src/sim/explore/failures.ts';
import { killedWhileSaving } from '../failures/kill.ts';
import { type Part, Tally } from './part.ts';

const SAVER = join(import.meta.dirname, '../failures/save.ts');

/** What was not saved of a failure of `moves`; a limit on files stands in for a full disk. */
function saveIn(folder: string, moves: number, kBMax?: number): string[] {
  const node = [
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    SAVER,
    folder,
    `${moves}`,
  ];
  const limit = kBMax === undefined ? '' : `ulimit -f ${kBMax}; `;
  const line = `${limit}exec ${node.map((word) => `'${word}'`).join(' ')}`;
  const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
  const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8', env });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

/** Processes that are killed while they save, and disks that are full: no failure is lost. */
export const saves: Part = {
  name: 'kills and full disks',
  share: 10,
  goal: 200,
  pieces: 2,
  async run({ random, isOver, folder, trying }) {
    const tally = new Tally();
    do {
      trying('to kill a process that saves');
      const { files, halves } = await killedWhileSaving(3, mkdtempSync(join(folder, 'kill-')));
      for (const half of halves) tally.bad('lost failure', half);
      tally.tried += 3;
      tally.add(files > 0 ? 'kills, all files whole' : 'kills before any file', 3);
      trying('to save on a full disk');
      const full = mkdtempSync(join(folder, 'full-'));
      saveIn(full, 10);
      const before = JSON.stringify(savedFailures(full));
      const [message = 'it was saved'] = saveIn(full, 20_000, 1 + random.below(200));
      tally.tried++;
      if (!/could not be saved .*keep this schedule/.test(message))
        tally.bad('lost failure', `full: ${message}`);
      else if (JSON.stringify(savedFailures(full)) !== before)
        tally.bad('lost failure', 'full: the old one is lost');
      else if (readdirSync(full).length !== 1)
        tally.bad('error of heddle', 'full: something was left behind');
      else tally.add('full disks, told, the old file whole');
    } while (!isOver(tally.tried));
    return tally.figures;
  },
};
