import { attempt } from '../../sim/explore/attempt.ts';
import { explain } from '../../sim/explore/explain.ts';
import { recordRun } from '../../sim/explore/record.ts';
import type { Happening } from '../../sim/kernel/happening.ts';
import type { Task } from '../../sim/kernel/task.ts';
import type { Failure } from '../../sim/schedule/failure.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import type { Run } from '../../sim/schedule/run.ts';
import { Replay } from '../../sim/schedule/strategies/replay.ts';
import { callerLine } from '../../sim/schedule/user-frame.ts';
import { Drawing } from '../../sim/trace/drawing.ts';
import type { StateLog } from '../../sim/trace/model.ts';
import type { Recorder } from '../../sim/trace/recorder.ts';
import { formatReport } from '../../sim/trace/report.ts';
import { tellStory } from '../../sim/trace/story.ts';
import { collectSources, type Syscall } from '../../sys/syscall.ts';
import type { FoundRun } from '../find-run.ts';
import type { Ask, Outline, OutlinedFailure } from './outline.ts';
import { taskNow } from './task-now.ts';

/** States take a hundred bytes a step; whoever debugs looks at runs that were shrunk. */
const STATE_STEPS_MAX = 20_000;

/** What is known of a run, by runs of it that nobody stops. To be called in a macrotask. */
export function outlineRun({ scenario, decisions, recorded }: FoundRun): Outline {
  const { run, recorder, result } = recorded;
  const { failure } = run;
  const drawing = result.steps > STATE_STEPS_MAX ? undefined : new Drawing();
  if (drawing !== undefined) recordRun(scenario, decisions, drawing);
  const tasks = run.world.tasks.map(({ id, name }) => ({ id, name }));
  return {
    scenario: scenario.name,
    tasks,
    asks: asksOf({ scenario, decisions, recorded }),
    state: drawing?.state ?? NO_STATE,
    failure: failure === undefined ? null : outlinedFailure(failure, tasks),
    report: reportOfRun({ scenario, decisions, recorded }, recorder.steps.length),
  };
}

const NO_STATE: StateLog = { keys: [], values: [], changes: [] };

function outlinedFailure(
  { law, message, step, task: name }: Failure,
  tasks: Outline['tasks'],
): OutlinedFailure {
  return { law, message, step, task: tasks.find((task) => task.name === name)?.id ?? null };
}

function reportOfRun(
  { scenario, decisions, recorded: { run, recorder } }: Omit<FoundRun, 'digest'>,
  steps: number,
): string {
  const { failure } = run;
  if (failure === undefined) return `passes  ${scenario.name}, in ${steps} steps`;
  const explanation =
    failure.cutAfter === undefined ? explain(scenario, { decisions, failure }) : undefined;
  const story = tellStory(failure, run.world, recorder, explanation);
  return formatReport(story, { scenario: scenario.name, next: [] });
}

/** A syscall, or a call of a service, where it is made. */
interface Made {
  readonly syscall: Syscall<unknown> | undefined;
  readonly task: number;
  readonly where: string;
  readonly after: number;
  readonly steps: number[];
}

/** What stands in the place of a line while it is noted who made what. */
const MARK = '#';

/** Notes what the user's code asks for, in the order in which it does. */
class AskNotes implements Observer {
  readonly made: Made[] = [];
  run: Run | undefined;
  readonly #bySyscall = new Map<Syscall<unknown>, Made>();
  #steps = 0;

  /** Gives what the thing made carries with it. */
  note(syscall: Syscall<unknown> | undefined): string {
    const task = syscall === undefined ? taskNow(this.run) : (syscall.owner as Task).id;
    const one = { syscall, task: task ?? 0, where: callerLine(), after: this.#steps, steps: [] };
    if (syscall !== undefined) this.#bySyscall.set(syscall, one);
    return `${MARK}${this.made.push(one)}`;
  }

  stepped(_task: Task, call: Syscall<unknown>): void {
    this.#bySyscall.get(call)?.steps.push(++this.#steps);
  }

  fired(_label: string, happening: Happening): void {
    this.#steps++;
    const mark = happening.kind === 'service' ? (happening.where ?? '') : '';
    if (mark.startsWith(MARK)) this.made[Number(mark.slice(1)) - 1]?.steps.push(this.#steps);
  }

  timePassed(): void {
    this.#steps++;
  }
}

/** All that is asked for, in the order in which the user's code does. */
function asksOf({ scenario, decisions, recorded }: Omit<FoundRun, 'digest'>): Ask[] {
  const notes = new AskNotes();
  collectSources((call) => notes.note(call));
  const watch = (run: Run): void => {
    notes.run = run;
  };
  try {
    const replaying = new Replay(decisions, 'clamp');
    attempt(scenario, replaying, { observer: notes, watch, fresh: true, digest: true });
  } finally {
    collectSources(undefined);
  }
  return notes.made.map((one) => askOf(one, recorded.recorder));
}

function askOf({ syscall, task, where, after, steps }: Made, recorder: Recorder): Ask {
  const [first, last] = [steps[0], steps.at(-1)].map((step) => recorder.steps[(step ?? 0) - 1]);
  const named = (text: string): string => recorder.peers.named(text);
  // Of a call of a service the first step says that it begins.
  const service = first && `${first.who}.${first.did.replace(/ begins$/, '')}`;
  const call = syscall === undefined ? service : (last?.did ?? syscall.name);
  return {
    ...{ task, after, steps },
    // What has no step and is no syscall is no moment: a law was stated.
    where: call === undefined ? '' : where,
    call: named(call ?? ''),
    result: last === undefined ? null : named(last.result),
  };
}
