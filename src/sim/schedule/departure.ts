import { UsageError } from '../../sys/errors.ts';

export interface DepartureDetails {
  /** The step at which the replay and the recording part; steps count from 1. */
  readonly step: number;
  readonly expected: string;
  readonly found: string;
  /**
   * Source files that are not what they were when it was recorded: `src/server.ts (sha256 4be1… →
   * 09ac…)`.
   */
  readonly changed?: readonly string[];
}

/**
 * A replay met something other than what was recorded: the program or the scenario has changed
 * since.
 *
 * @since 0.1.0
 */
export class Departure extends UsageError {
  override readonly name = 'ReplayDeparture';
  /** Where the replay left its recording, and what it met instead. */
  readonly details: DepartureDetails;

  /** @internal */
  constructor(details: DepartureDetails) {
    const { step, expected, found, changed = [] } = details;
    const why =
      changed.length === 0
        ? ['the program or the scenario has changed since it was recorded']
        : changed.map((file) => `  changed    ${file}`);
    super(
      [
        `the recording and this run differ from step ${step} on`,
        '',
        `  recorded   ${expected}`,
        `  now        ${found}`,
        ...(changed.length === 0 ? ['', ...why] : [...why, '']),
        'the schedule may be stale: find the failure again with heddle fuzz',
      ].join('\n'),
    );
    this.details = details;
  }
}
