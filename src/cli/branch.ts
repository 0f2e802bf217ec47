/** Another road at a decision of a run: the page of `heddle view` names the command for each. */
import { InvalidArgumentError } from 'commander';
import { recordRun } from '../sim/explore/record.ts';
import { UsageError } from '../sys/errors.ts';
import type { NamedRun } from './runs.ts';

/** What is taken at a decision. */
export interface Branch {
  /** Which decision of the run, from 0. */
  readonly place: number;
  readonly choice: number;
}

/** `12:1`, or `12:1,20:2`: one after the other. */
export function parseBranches(text: string): Branch[] {
  return text.split(',').map((part) => {
    const [, place, choice] = /^(\d{1,9}):(\d{1,9})$/.exec(part) ?? [];
    if (place === undefined || choice === undefined) {
      throw new InvalidArgumentError(
        'it must be a decision and an alternative, as 12:1; the page of heddle view names them.',
      );
    }
    return { place: Number(place), choice: Number(choice) };
  });
}

/**
 * The run with other alternatives taken; calm goes on after the last of them. It has to be called
 * inside a macrotask.
 *
 * @throws UsageError if the run has no such decision, or that one no such alternative
 */
export function branched(run: NamedRun, branches: readonly Branch[]): NamedRun {
  let { decisions } = run;
  for (const { place, choice } of branches) {
    const taken = recordRun(run.scenario, decisions).recorder.decisions;
    const arity = taken[place]?.arity;
    if (arity === undefined) {
      throw new UsageError(
        `there is no decision ${place} to take another alternative at: the run has ${taken.length}; look at heddle view for their numbers`,
      );
    }
    if (choice >= arity) {
      throw new UsageError(
        `decision ${place} has no alternative ${choice}; name one from 0 to ${arity - 1}`,
      );
    }
    decisions = [...taken.slice(0, place).map((decision) => decision.choice), choice];
  }
  return { ...run, decisions };
}
