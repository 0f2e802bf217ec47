import { EINVAL } from '../../../sys/errno.ts';
import { BLOCKED, INTERRUPTED_RESULT, wasInterrupted } from './handler.ts';
import { type Row, row } from './row.ts';
import { touchesNothing } from './touches.ts';

/** Clocks are not compared. */
const TIME = 'time';

/** nanosleep(2). A sleep of nothing still lets the others go first. */
export const nanosleep: Row<undefined, number> = row({
  perform(task, call) {
    if (!(call.a0 >= 0)) return -EINVAL;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    if (task.timedOut) return 0;
    const { clock } = task.surroundings;
    task.sleep();
    task.sleepUntil(clock.nowNs + call.a0);
    return BLOCKED;
  },
  touches: touchesNothing,
  asked: ({ a0: ns }) => `nanosleep ${ns / 1e6} ms`,
  askedAlike: ({ name }) => name,
  seen: () => TIME,
});

export const clockGettime: Row<undefined, number> = row({
  perform(task, call) {
    const { clock } = task.surroundings;
    const elapsedMs = clock.nowNs / 1e6;
    return call.a0 === 1 ? clock.epochMs + elapsedMs : elapsedMs;
  },
  touches: touchesNothing,
  asked: ({ name }) => name,
  answered: (_call, ms) => `${ms} ms`,
  seen: () => TIME,
});
