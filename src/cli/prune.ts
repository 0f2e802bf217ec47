import { rmSync } from 'node:fs';
import pc from 'picocolors';
import { FAILURES_FOLDER, type SavedFailure, savedFailures } from '../sim/explore/failures.ts';
import { replaySaved } from '../sim/explore/replay-file.ts';
import { Departure } from '../sim/schedule/departure.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { UsageError } from '../sys/errors.ts';
import { type AnyCommand, argument, defineCommand, flag } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { scenarioOfFile } from './find-scenario.ts';
import { FILE, JSON_LINES, TRUST } from './options.ts';
import { Output } from './output.ts';

interface PruneCommand {
  readonly folder: string;
  readonly file: string | undefined;
  readonly trust: boolean;
  readonly keep: boolean;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<PruneCommand>({
  name: 'prune',
  about: 'run all saved failures again, and delete those that pass now',
  given: {
    folder: argument('[folder]', 'where they are', FAILURES_FOLDER),
    file: FILE,
    trust: TRUST,
    keep: flag('--dry-run', 'say which, and delete nothing'),
    json: JSON_LINES,
  },
  notes: 'What still fails, and what cannot be run any more, is left where it is.',
  examples: ['prune', 'prune --dry-run'],
  run: pruneCommand,
});

/** How a saved failure ends today. */
type State = 'passes' | 'fails' | 'unknown';

async function pruneCommand({ folder, keep, json, ...how }: PruneCommand): Promise<number> {
  const out = new Output(json);
  const counts: Record<State, number> = { passes: 0, fails: 0, unknown: 0 };
  for (const saved of savedFailures(folder, (message) => out.warn(message))) {
    const [state, why] = await stateOf(saved, how);
    counts[state]++;
    const isDeleted = state === 'passes' && !keep;
    if (isDeleted) rmSync(saved.path);
    out.object({ type: 'saved', path: saved.path, state, deleted: isDeleted, why });
    out.line(`${wordOf(state, isDeleted)}  ${saved.path}${why === '' ? '' : `\n         ${why}`}`);
  }
  const { passes, fails, unknown } = counts;
  out.object({ type: 'end', ...counts, exitCode: EXIT.ok });
  const text = `${passes} ${keep ? 'would be' : 'were'} deleted, ${fails} still fail`;
  out.line(`\n${text}${unknown === 0 ? '' : `, ${unknown} could not be run`}`);
  return EXIT.ok;
}

function wordOf(state: State, isDeleted: boolean): string {
  if (state === 'fails') return pc.red('fails  ');
  if (state === 'unknown') return pc.yellow('unknown');
  return pc.green(isDeleted ? 'deleted' : 'passes ');
}

async function stateOf(
  saved: SavedFailure,
  how: Pick<PruneCommand, 'file' | 'trust'>,
): Promise<[State, why: string]> {
  try {
    const scenario = await scenarioOfFile(saved, { ...how, say: () => {} });
    const { recorded } = await inMacrotask(() => replaySaved(scenario, saved));
    const { failure } = recorded.run;
    return failure === undefined ? ['passes', ''] : ['fails', failure.message];
  } catch (error) {
    if (error instanceof UsageError || error instanceof Departure)
      return ['unknown', error.message];
    throw error;
  }
}
