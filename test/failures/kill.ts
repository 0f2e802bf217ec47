/**
 * Kill a process at random moments while it saves failures, and see what is left: `npm run kill`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { savedFailures } from '../../src/sim/explore/failures.ts';
import { Random } from '../../src/sim/schedule/random.ts';

const root = join(import.meta.dirname, '../..');

/**
 * Saves one failure after the other, each large enough to take a while, some of them again and
 * again.
 */
const SAVER = `
import { saveFailure } from '${root}/src/sim/explore/failures.ts';
const its = { name: 'saved in a loop', build() {}, options: {}, where: '' };
const moves = Array.from({ length: 2000 }, (_, i) => ({ who: 'task#' + i, call: 'recv' }));
process.send('begun');
for (let n = 0; ; n++) {
  const failure = { kind: 'law', law: 'l', message: 'm', step: n, task: undefined, signature: 's' + (n % 7) };
  saveFailure({
    scenario: its, failure, at: undefined, decisions: [n % 100], named: { moves, choices: [] }, digest: '0123456789abcdef',
    found: { run: 1, strategy: 'random', seed: 1, decisions: 1, shrinkReplays: 0 }, sources: [],
  }, process.argv[2]);
}
`;

export interface Killed {
  readonly kills: number;
  /** Failures that could be read afterwards, summed up. */
  readonly files: number;
  /** What was wrong with any that could not. */
  readonly halves: readonly string[];
}

export async function killedWhileSaving(times: number, folder: string): Promise<Killed> {
  const random = new Random(1);
  const script = join(folder, 'saver.mts');
  writeFileSync(script, SAVER);
  const target = join(folder, 'failures');
  const halves: string[] = [];
  let files = 0;
  for (let kill = 0; kill < times; kill++) {
    await killOne(script, target, random.below(400));
    files += savedFailures(target, (message) => halves.push(message)).length;
  }
  return { kills: times, files, halves };
}

function killOne(script: string, target: string, afterMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), script, target],
      {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    );
    child.once('message', () => setTimeout(() => child.kill('SIGKILL'), afterMs));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`the process that saves ended by itself: ${code}`));
    });
  });
}

if (process.argv[1] === import.meta.filename) {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-kill-'));
  const { kills, files, halves } = await killedWhileSaving(Number(process.argv[2] ?? 200), folder);
  rmSync(folder, { recursive: true });
  console.log(`${kills} kills, ${files} whole files read, ${halves.length} that were not whole`);
  for (const half of halves) console.log(`  ${half}`);
  process.exitCode = halves.length === 0 ? 0 : 1;
}
