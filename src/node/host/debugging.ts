import type { DebugControl } from '../debug-control.ts';

/** How programs are debugged in this process. */
export interface Debugging {
  /** Of this thread. */
  readonly control: DebugControl;
  /** What it shares with those of the programs' threads. */
  readonly board: SharedArrayBuffer;
  /** Threads are not stopped: their inspectors are to be asked for what they have loaded. */
  keepsThreads: boolean;
}

/**
 * Of a process in which runs are debugged. There each thread answers its inspector even while it
 * waits for its turn.
 */
let debugging: Debugging | undefined;

export function debugPrograms(how: Debugging): void {
  debugging = how;
}

export const debuggingNow = (): Debugging | undefined => debugging;
