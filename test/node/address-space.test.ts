import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';

/** Starts threads as a guest's are started, until it is told that there is no room. */
const STARTS = `
import { Worker } from 'node:worker_threads';
import { requireRoomForAThread } from 'HERE';
let started = 0;
try {
  for (; started < 8; started++) {
    requireRoomForAThread();
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    await new Promise((resolve) => worker.once('online', resolve));
  }
  console.log(started, 'started');
} catch (error) {
  console.log(started, error.name, error.message);
}
process.exit(0);
`;

// V8 aborts the process where it cannot reserve address space for a thread (`ulimit -v`).
it.runIf(process.platform === 'linux')(
  'says so where there is no address space for a thread',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
    try {
      const source = new URL('../../src/node/host/address-space.ts', import.meta.url).pathname;
      const script = join(folder, 'starts.mjs');
      writeFileSync(join(folder, 'starts.ts'), STARTS.replace('HERE', source));
      buildSync({
        entryPoints: [join(folder, 'starts.ts')],
        outfile: script,
        bundle: true,
        platform: 'node',
        format: 'esm',
        logLevel: 'error',
      });
      const starts = (limit: string): string => {
        const line = `${limit} exec '${process.execPath}' '${script}'`;
        const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
        return stdout + stderr;
      };
      expect(starts('ulimit -v 4194304;')).toMatch(
        /^[1-9] UsageError the address space of this process is limited to 4\.0 GiB \(ulimit -v\) and \d\.\d GiB of it are taken/,
      );
      expect(starts('')).toBe('8 started\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
