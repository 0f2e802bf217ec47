import type { Process } from '../../sim/kernel/process.ts';

export const PID_FIRST = 1_000;
const shown = new WeakMap<Process, number>();

/** The process id that its program is shown. */
export const pidOf = (process: Process): number => shown.get(process) ?? PID_FIRST + process.pid;

/** From now on that is its process id. */
export function showPid(process: Process, pid: number): void {
  shown.set(process, pid);
}
