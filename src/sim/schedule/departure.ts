import { UsageError } from '../../sys/errors.ts';

export interface DepartureDetails {
  /** The step at which the replay and the recording part; steps count from 1. */
  readonly step: number;
  readonly expected: string;
  readonly found: string;
}

/** A replay met something else than what was recorded: the program or the scenario has changed since. */
export class Departure extends UsageError {
  override readonly name = 'ReplayDeparture';
  readonly details: DepartureDetails;

  constructor(details: DepartureDetails) {
    super(
      `the recording and this run part at step ${details.step}\n  recorded   ${details.expected}\n  now        ${details.found}\nthe program or the scenario has changed since it was recorded; find it anew with heddle fuzz`,
    );
    this.details = details;
  }
}
