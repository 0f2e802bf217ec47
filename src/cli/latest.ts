import { join } from 'node:path';
import { FAILURES_FOLDER, newestFailure } from '../sim/explore/failures.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { UsageError } from '../sys/errors.ts';
import { type ArgumentDefinition, argument } from './command.ts';
import { Output } from './output.ts';

/** The word for the failure that was saved last. */
const LATEST = 'latest';

/**
 * What is named on a command line, or by an editor: of the word `latest` the file that it stands
 * for, which is told on stderr.
 *
 * @param cwd where the failures lie
 * @throws UsageError if it stands for none
 */
export function namedRun(what: string, cwd = '.'): string {
  if (what !== LATEST) return what;
  const path = newestFailure(join(cwd, FAILURES_FOLDER));
  if (path === undefined) {
    throw new UsageError(
      `no failure is saved under ${FAILURES_FOLDER} of this folder; ${HEDDLE} fuzz saves what it finds there, or name a file`,
    );
  }
  new Output(true).warn(`${LATEST} is ${path}`);
  return path;
}

/** One that names a run: a failure file, and what else `about` says. */
export function runArgument<T extends string | readonly string[]>(
  name: string,
  about: string,
  fallback?: T,
): ArgumentDefinition<T> {
  return {
    ...argument(name, `${about}; latest: the failure saved last`, fallback),
    read: namedRun,
  };
}
