import { holdsRecording } from '../../real/recording-file.ts';
import { readFailure } from '../../sim/explore/failures.ts';
import { isScheduleText } from '../../sim/schedule/text.ts';
import { HEDDLE } from '../../sim/trace/invocation.ts';
import { UsageError } from '../../sys/errors.ts';

/**
 * A failure file, or a schedule as text, whose programs run where a debugger can stop them.
 *
 * @throws UsageError if it is none
 */
export function checkDebuggable(what: string): void {
  // It holds numbers alone.
  if (isScheduleText(what)) return;
  if (holdsRecording(what)) {
    throw new UsageError(
      `${what} is a recording of real sockets, whose steps no debugger has; show it with ${HEDDLE} replay, or debug the failure file beside it, if the search found one`,
    );
  }
  readFailure(what);
}
