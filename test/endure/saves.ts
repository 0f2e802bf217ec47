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
  async run({ random, isOver, folder }) {
    const tally = new Tally();
    const wrong: string[] = [];
    let tried = 0;
    do {
      const { files, halves } = await killedWhileSaving(3, mkdtempSync(join(folder, 'kill-')));
      wrong.push(...halves);
      tried += 3;
      tally.add(files > 0 ? 'rounds of kills, all files whole' : 'rounds of kills before any file');
      const full = mkdtempSync(join(folder, 'full-'));
      saveIn(full, 10);
      const before = JSON.stringify(savedFailures(full));
      const [message = 'it was saved'] = saveIn(full, 20_000, 1 + random.below(200));
      tried++;
      if (!/could not be saved .*keep this schedule/.test(message)) wrong.push(`full: ${message}`);
      else if (JSON.stringify(savedFailures(full)) !== before)
        wrong.push('full: the old one is lost');
      else if (readdirSync(full).length !== 1) wrong.push('full: something was left behind');
      else tally.add('full disks, told, the old file whole');
    } while (!isOver());
    return { what: this.name, tried, came: `${tally}`, wrong };
  },
};
