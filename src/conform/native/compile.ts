import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../root.ts';
import { UsageError } from '../../sys/errors.ts';

const SOURCE = fileURLToPath(new URL('conform/native/tasks.c', ROOT));

/**
 * The program that does steps on Linux with tasks that really sleep: compiled once for each version
 * of its source. Throws a {@link UsageError} where there is no Linux, or no compiler.
 */
export function nativeProgram(): string {
  if (process.platform !== 'linux') {
    throw new UsageError('programs of several tasks are compared with Linux itself: run it there');
  }
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16);
  const binary = join(tmpdir(), `heddle-tasks-${process.getuid?.()}-${hash}`);
  if (existsSync(binary)) return binary;
  const fresh = `${binary}.${process.pid}`;
  const compiler = process.env['CC'] ?? 'cc';
  try {
    execFileSync(compiler, ['-O1', '-pthread', '-o', fresh, SOURCE], { stdio: 'pipe' });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? (error as Error).message).trim();
    throw new UsageError(
      `tasks that really sleep are a small C program, and "${compiler}" did not compile it (${said.split('\n')[0]}); install a C compiler, or name one with CC=…`,
    );
  }
  renameSync(fresh, binary);
  return binary;
}
