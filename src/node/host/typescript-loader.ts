import { createRequire } from 'node:module';
import { UsageError } from '../../sys/errors.ts';

/** Whether this Node runs TypeScript by itself: 22.18 and newer. */
export function stripsTypes(): boolean {
  return (process.features as { typescript?: unknown }).typescript === 'strip';
}

/** Says what to do where a file of TypeScript cannot be loaded. */
export function loaderIsMissing(file: string, cause: unknown): UsageError {
  return new UsageError(
    `${file} is TypeScript, which Node ${process.versions.node} does not run by itself: install tsx (\`npm install -D tsx\`), or take Node 22.18 or newer`,
    { cause },
  );
}

/** What loads a program of TypeScript; null where Node does, or it is none. */
export function loaderFor(program: string): string | null {
  if (!/\.[cm]?ts$/.test(program) || stripsTypes()) return null;
  try {
    // Not what require would give: that does not find its own parts.
    return createRequire(import.meta.url)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs');
  } catch (cause) {
    throw loaderIsMissing(program, cause);
  }
}
