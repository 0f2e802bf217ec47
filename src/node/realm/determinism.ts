import { isMainThread } from 'node:worker_threads';
import { UsageError } from '../../sys/errors.ts';
import type { Internals } from '../guest/internals.ts';

/**
 * Starts the program once more as it was started, with its output thrown away: the digest of that
 * run, or undefined if it did not come to say one. What is needed for that is kept now, before
 * the simulation refuses child processes.
 */
export function secondRun({
  internalBinding,
  requireBuiltin,
}: Internals): () => string | undefined {
  if (!isMainThread || process.send !== undefined) {
    throw new UsageError(
      'HEDDLE_CHECK=1 starts a program a second time, and this one is a part of another (a thread, or a forked process, as tests of vitest are). Use it with node --import heddle/node app.js; tests have check(…), which runs what it finds again',
    );
  }
  const binding = internalBinding('spawn_sync');
  const { spawn } = binding;
  const cwd = process.cwd();
  const { HEDDLE_CHECK: _, ...env } = process.env;
  const args = [...process.execArgv, ...process.argv.slice(1)];
  return () => {
    binding.spawn = spawn;
    const { stderr } = requireBuiltin('child_process').spawnSync(process.execPath, args, {
      cwd,
      env: { ...env, HEDDLE_REPORT: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      maxBuffer: Number.POSITIVE_INFINITY,
    }) as { readonly stderr: string };
    // The last one: what the program prints itself comes before.
    return [...stderr.matchAll(/^heddle: .* digest ([0-9a-f]+)$/gm)].at(-1)?.[1];
  };
}
