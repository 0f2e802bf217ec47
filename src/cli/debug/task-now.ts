import type { Run } from '../../sim/schedule/run.ts';

/**
 * The id of the task whose code runs: the one that moves, or that goes on after what it awaited of
 * a service; null for the scenario's own code.
 */
export function taskNow(run: Run | undefined): number | null {
  const [goesOn] = run?.world.outside ?? [];
  return (run?.world.running ?? goesOn)?.id ?? null;
}
