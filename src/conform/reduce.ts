import type { Program } from './program.ts';

/**
 * Leaves out as many steps as it can, in ever smaller pieces, until none can be spared; what is
 * left has to differ still.
 */
export async function reduce(
  program: Program,
  differs: (attempt: Program) => boolean | Promise<boolean>,
): Promise<Program> {
  let current = program;
  for (let size = Math.max(1, program.steps.length >> 1); size >= 1; ) {
    let shorter = false;
    for (let at = 0; at < current.steps.length; ) {
      const steps = [...current.steps.slice(0, at), ...current.steps.slice(at + size)];
      const attempt = { ...current, steps };
      if (steps.length > 0 && (await differs(attempt))) {
        current = attempt;
        shorter = true;
      } else at += size;
    }
    if (size === 1 && !shorter) break;
    size = Math.max(1, size >> 1);
  }
  return current;
}
