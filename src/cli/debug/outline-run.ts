import type { DebugControl } from '../../node/debug-control.ts';
import type { Debugging } from '../../node/host/debugging.ts';
import { attempt } from '../../sim/explore/attempt.ts';
import { explain } from '../../sim/explore/explain.ts';
import { recordRun } from '../../sim/explore/record.ts';
import type { Happening } from '../../sim/kernel/happening.ts';
import type { Task } from '../../sim/kernel/task.ts';
import type { Moment } from '../../sim/schedule/moment.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import type { Run } from '../../sim/schedule/run.ts';
import { Replay } from '../../sim/schedule/strategies/replay.ts';
import { callerLine } from '../../sim/schedule/user-frame.ts';
import { Drawing } from '../../sim/trace/drawing.ts';
import type { StateLog } from '../../sim/trace/model.ts';
import { OWN_AFFAIRS } from '../../sim/trace/programs.ts';
import type { Recorder, TraceStep } from '../../sim/trace/recorder.ts';
import { formatReport } from '../../sim/trace/report.ts';
import { tellStory } from '../../sim/trace/story.ts';
import { collectSources, type Syscall } from '../../sys/syscall.ts';
import type { FoundRun } from '../find-run.ts';
import type { Ask, Outline } from './outline.ts';
import { taskNow } from './task-now.ts';

/** States take a hundred bytes a step; whoever debugs looks at runs that were shrunk. */
const STATE_STEPS_MAX = 20_000;

/** What is known of a run, by runs of it that nobody stops. To be called in a macrotask. */
export function outlineRun({ scenario, decisions, recorded }: FoundRun): Omit<Outline, 'asks'> {
  const { run, result } = recorded;
  const drawing = result.steps > STATE_STEPS_MAX ? undefined : new Drawing();
  if (drawing !== undefined) recordRun(scenario, decisions, drawing);
  const tasks = run.world.tasks.map(({ id, name }) => ({ id, name }));
  return {
    scenario: scenario.name,
    tasks,
    state: drawing?.state ?? NO_STATE,
    ...endOf({ scenario, decisions, recorded }, tasks),
  };
}

const NO_STATE: StateLog = { keys: [], values: [], changes: [] };

/** What went wrong, and what `heddle replay` says of it. */
function endOf(
  { scenario, decisions, recorded: { run, recorder } }: Omit<FoundRun, 'digest'>,
  tasks: Outline['tasks'],
): Pick<Outline, 'failure' | 'report'> {
  const { failure } = run;
  if (failure === undefined) {
    const report = `passes  ${scenario.name}, in ${recorder.steps.length} steps`;
    return { failure: null, report };
  }
  const explanation =
    failure.cutAfter === undefined ? explain(scenario, { decisions, failure }) : undefined;
  const story = tellStory(failure, run.world, recorder, explanation);
  const { law, message, step } = failure;
  const task = tasks.find(({ name }) => name === failure.task)?.id ?? null;
  const where = task === null ? undefined : story.at;
  return {
    failure: { law, message, step, task, where },
    report: formatReport(story, { scenario: scenario.name, next: [] }),
  };
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
  /** By their numbers, from 1. */
  readonly made: Made[] = [];
  run: Run | undefined;
  readonly #control: DebugControl;
  readonly #bySyscall = new Map<Syscall<unknown>, Made>();
  /** Of Node programs, for which of them the next syscalls are made. */
  readonly #at = new Map<Task, Made>();
  #steps = 0;

  constructor(control: DebugControl) {
    this.#control = control;
  }

  /** Gives what the thing made carries with it. */
  note(syscall: Syscall<unknown> | undefined): string {
    const task = syscall === undefined ? taskNow(this.run) : (syscall.owner as Task).id;
    const one = { syscall, task: task ?? 0, where: callerLine(), after: this.#steps, steps: [] };
    if (syscall !== undefined) this.#bySyscall.set(syscall, one);
    const ask = this.#control.asks();
    this.made[ask] = one;
    return `${MARK}${ask}`;
  }

  told(task: Task, moment: Moment): void {
    if (moment.is === 'asks') {
      const { where, ask } = moment;
      const after = this.#steps;
      this.made[ask] = { syscall: undefined, task: task.id, where, after, steps: [] };
    } else if (moment.is === 'at') {
      const made = this.made[moment.ask ?? 0];
      if (made === undefined) this.#at.delete(task);
      else this.#at.set(task, made);
    }
  }

  stepped(task: Task, call: Syscall<unknown>): void {
    this.#steps++;
    if (OWN_AFFAIRS.has(call.op)) this.#at.delete(task);
    const own = this.#bySyscall.get(call);
    const made = own?.where === '' ? (this.#at.get(task) ?? own) : own;
    made?.steps.push(this.#steps);
  }

  fired(_label: string, happening: Happening): void {
    this.#steps++;
    const mark = happening.kind === 'service' ? (happening.where ?? '') : '';
    if (mark.startsWith(MARK)) this.made[Number(mark.slice(1))]?.steps.push(this.#steps);
  }

  timePassed(): void {
    this.#steps++;
  }
}

/**
 * All that is asked for, in the order in which the user's code does. To be called in a macrotask:
 * the threads of programs stay, so that they can be asked for their scripts.
 */
export function asksOf(
  { scenario, decisions, recorded }: Omit<FoundRun, 'digest'>,
  debugging: Debugging,
): Ask[] {
  const { control } = debugging;
  const notes = new AskNotes(control);
  collectSources((call) => notes.note(call));
  const watch = (run: Run): void => {
    notes.run = run;
  };
  debugging.keepsThreads = true;
  control.begin({ ask: 0, hit: 'none', isSilent: true });
  try {
    const replaying = new Replay(decisions, 'clamp');
    attempt(scenario, replaying, { observer: notes, watch, fresh: true, digest: true });
  } finally {
    control.end();
    control.isSilent = true;
    debugging.keepsThreads = false;
    collectSources(undefined);
  }
  const { asks } = control.standpoint;
  return Array.from({ length: asks }, (_, at) => askOf(notes.made[at + 1], recorded.recorder));
}

/** What a program has asked for in its last moments may never have been told. */
const NEVER: Ask = { task: 0, where: '', call: '', steps: [], result: null, after: 0 };

function askOf(made: Made | undefined, recorder: Recorder): Ask {
  if (made === undefined) return NEVER;
  const { syscall, task, where, after } = made;
  const told = made.steps.map((step) => recorder.steps[step - 1] as TraceStep);
  const own = told.filter(({ isPlumbing }) => !isPlumbing);
  const last = own.at(-1);
  const named = (text: string): string => recorder.peers.named(text);
  // What a loop has asked for of its own accord, and says nothing of its program.
  const isOwn = where === '' && last === undefined;
  const call = syscall === undefined || isOwn ? callText(own) : (last?.did ?? syscall.name);
  return {
    ...{ task, after, steps: own.map(({ step }) => step) },
    // What has no step and is no syscall is no moment: a law was stated.
    where: call === undefined ? '' : where,
    call: named(call ?? ''),
    result: last === undefined ? null : named(last.result),
  };
}

/** Of a service its call, of which the first step says that it begins; of a program what it did. */
function callText(steps: readonly TraceStep[]): string | undefined {
  const [first] = steps;
  if (first?.event === undefined) return steps.at(-1)?.did;
  return `${first.who}.${first.did.replace(/ begins$/, '')}`;
}
