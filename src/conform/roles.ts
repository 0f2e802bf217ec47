import type { Libc } from '../real/linux/libc.ts';
import type { Seen } from './arm.ts';
import { linuxArm } from './arms.ts';
import type { Director } from './native/director.ts';
import type { Program, Step } from './program.ts';

const step = (call: Step['call'], fds: string[], numbers: number[], makes: string[] = []): Step => {
  return { task: 0, call, fds, numbers, makes };
};

/** A socket whose attempt has failed, and which is then to listen. */
const FAILED_THEN_LISTENS: Program = {
  watch: 'end',
  steps: [
    step('socket', [], [1], ['s']),
    step('connect', ['s'], [7001]),
    step('connect', ['s'], [7001]),
    step('listen', ['s'], [1]),
  ],
};
const PACE_MS = 1;

const refused = (last: Seen | undefined): boolean => last?.result === 'EINVAL';

const known = new WeakMap<Libc | Director, boolean>();

/** Whether this Linux is one that {@link Kernel.rolesAreKept} tells of. It is asked once. */
export function rolesAreKept(libc: Libc): boolean {
  const before = known.get(libc);
  if (before !== undefined) return before;
  const { arm, dispose } = linuxArm(libc, PACE_MS);
  try {
    const seen = FAILED_THEN_LISTENS.steps.map((each) => arm.do(each, false));
    const kept = refused(seen.at(-1));
    known.set(libc, kept);
    return kept;
  } finally {
    dispose();
  }
}

/** As {@link rolesAreKept}, asked of a Linux whose tasks really sleep. */
export async function rolesAreKeptBy(director: Director): Promise<boolean> {
  const before = known.get(director);
  if (before !== undefined) return before;
  const { steps } = await director.run(FAILED_THEN_LISTENS, PACE_MS);
  const kept = refused(steps.at(-1));
  known.set(director, kept);
  return kept;
}
