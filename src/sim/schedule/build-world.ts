import { InternalError, UsageError } from '../../sys/errors.ts';
import { stackOf, thrownText } from '../../sys/thrown.ts';
import type { Scenario } from './scenario.ts';
import { asCause, userFrame } from './user-frame.ts';
import type { World } from './world.ts';

/**
 * Build the world of a run.
 *
 * @throws UsageError for what the user's code throws there: no run has begun that could fail
 */
export function buildWorld({ name, build }: Scenario, world: World): void {
  try {
    build(world);
  } catch (error) {
    if (error instanceof InternalError || error instanceof UsageError) throw error;
    throw cannotBeBuilt(name, error);
  }
}

function cannotBeBuilt(name: string, thrown: unknown): UsageError {
  const at = userFrame(stackOf(thrown) ?? '');
  const place = at === undefined ? '' : ` at ${at}`;
  const error = new UsageError(
    `the scenario ${JSON.stringify(name)} cannot be built${place}: ${thrownText(thrown)}`,
    asCause(thrown),
  );
  // Of our own frames there are none in what has been made the cause.
  const frames = (stackOf(thrown) ?? '').split('\n').filter((line) => /^ +at /.test(line));
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}
