import type { Debugger } from 'node:inspector';
import { resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { printable } from '../../sim/trace/printable.ts';
import { Breakpoints } from './breakpoints.ts';
import { DebuggedProcess, type ParsedScript, type Paused, type Realm } from './debugged-process.ts';
import { Journey, type Stop } from './journey.ts';
import { askAfter, askBefore } from './moves.ts';
import type { Ask, DebugOrder, Outline, Position, Told } from './outline.ts';
import { type Place, Scripts } from './scripts.ts';
import { type Frame, framesOf, runningAt, SCENARIO_THREAD, taskOf, threadOf } from './stack.ts';
import { Variables } from './variables.ts';

/** Told to the editor. */
export type Emit = (event: string, body?: object) => void;

const START: Position = { kind: 'ask', ask: 0 };

/** What is under way has no frames. */
const RUNS = 'the run goes on; pause it first';

/** A run that is debugged, from its launch to its end. */
export class LaunchedRun {
  readonly breakpoints: Breakpoints;
  readonly process: DebuggedProcess;
  readonly #cwd: string;
  readonly #emit: Emit;
  readonly #scripts = new Scripts();
  readonly #journey: Journey;
  #outline: Outline | undefined;
  #settle: (refusal?: string) => void = () => {};
  #stop: Stop | undefined;
  #frames: Frame[] = [];
  #variables: Variables | undefined;
  #isReported = false;

  constructor(order: DebugOrder, cwd: string, emit: Emit) {
    this.#cwd = cwd;
    this.#emit = emit;
    this.process = new DebuggedProcess(order, cwd, {
      told: (told) => this.#told(told),
      paused: (paused) => void this.#paused(paused),
      parsed: (script, realm) => void this.#parsed(script, realm),
      attached: (realm) => this.breakpoints.setIn(realm),
      detached: (realm) => this.#scripts.forget(realm),
      printed: (text, isError) => this.#print(text, isError),
      gone: () => this.#gone('the process of the run has ended by itself'),
    });
    this.#journey = new Journey(
      this.process,
      (paused) => lineText(paused, this.#scripts) !== undefined,
    );
    this.breakpoints = new Breakpoints(this.process, this.#scripts);
  }

  /** Everything is imported, and the run is known. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (refusal) => {
        if (refusal === undefined) resolve();
        else reject(new Error(refusal));
      };
    });
  }

  get outline(): Outline {
    if (this.#outline === undefined) throw new Error('the run is not known yet');
    return this.#outline;
  }

  get stop(): Stop {
    if (this.#stop === undefined) throw new Error(RUNS);
    return this.#stop;
  }

  get variables(): Variables {
    if (this.#variables === undefined) throw new Error(RUNS);
    return this.#variables;
  }

  frame(id: number): Frame {
    const frame = this.#frames[id - 1];
    if (frame === undefined) throw new Error('the run has moved on since');
    return frame;
  }

  // ---- moves: each is begun here, and ends in an event ----

  /** From the beginning: to a step, to the first of all, or as far as it goes. */
  begin({ step, isEntry }: { step: number | undefined; isEntry: boolean }): void {
    const { asks } = this.outline;
    const isFirst = (ask: Ask): boolean => step === undefined || ask.steps.includes(step);
    const ask = step === undefined && !isEntry ? 0 : askAfter(START, { asks }, isFirst);
    if (ask === 0 && step !== undefined) {
      this.#say(`step ${step} stands nowhere in your code; take one of a task from the report`);
    }
    const hit = ask === 0 ? 'every' : 'none';
    this.#move('entry', () => this.#journey.on({ ask, hit, isSilent: false }));
  }

  /** On to the next syscall that is wanted, a breakpoint, or the end. */
  onwards(isWanted: (ask: Ask) => boolean): void {
    const { position, paused } = this.stop;
    if (position.kind === 'end') {
      this.#finish();
      return;
    }
    const line = position.kind === 'hit' ? lineText(paused, this.#scripts) : undefined;
    let ask = askAfter(position, this.outline, isWanted);
    // A breakpoint stands before all that its line does: the line is one step.
    if (line !== undefined && this.#lineOf(ask) === line) {
      ask = askAfter({ kind: 'ask', ask }, this.outline, isWanted);
    }
    this.#move('step', () => this.#journey.on({ ask, hit: 'every', isSilent: false }));
  }

  /** Back to the last syscall that is wanted. */
  back(isWanted: (ask: Ask) => boolean): void {
    const { stop } = this;
    const ask = askBefore(stop.position, this.outline, isWanted);
    if (ask === 0) {
      this.#say('nothing of it comes before this: it stands at its first step');
      this.#arrived('step', stop);
      return;
    }
    this.#move('step', () => this.#journey.back(ask));
  }

  /** Back to the breakpoint that was passed last, or to where it all begins. */
  backToBreakpoint(): void {
    const { position } = this.stop;
    const first = askAfter(START, this.outline, () => true);
    this.#move('entry', () => this.#journey.backToBreakpoint(position, first));
  }

  pause(): Promise<void> {
    return this.#journey.pause();
  }

  end(): void {
    this.process.end();
    this.#journey.gone();
    this.#settle('the session has ended');
  }

  // ---- what is looked at while it stands ----

  /** The frames of a thread, with their numbers. */
  framesOf(threadId: number): { frame: Frame; id: number }[] {
    const { outline, stop } = this;
    const known = { outline, scripts: this.#scripts, cwd: this.#cwd };
    return framesOf(threadId, stop, known).map((frame) => ({
      frame,
      id: this.#frames.push(frame),
    }));
  }

  /** An expression, in a frame whose code runs. */
  async evaluate(
    { call }: Frame,
    { expression, context }: DebugProtocol.EvaluateArguments,
  ): Promise<Debugger.EvaluateOnCallFrameReturnType> {
    if (call === undefined) {
      throw new Error('the code of this task does not run now: only what runs can be asked');
    }
    const { callFrameId } = call;
    const realm = this.#realmNow;
    return realm.aside(() =>
      realm.post('Debugger.evaluateOnCallFrame', {
        ...{ callFrameId, expression, generatePreview: true },
        // What is only pointed at must not change anything.
        throwOnSideEffect: context === 'hover',
      }),
    );
  }

  /** In which the run has stopped. */
  get #realmNow(): Realm {
    return this.stop.paused?.realm ?? this.process.main;
  }

  // ---- what the process tells ----

  #told(told: Told): void {
    if (told.what === 'ready') {
      this.#outline = told.outline;
      this.#settle();
    } else if (told.what === 'found') void this.process.follow().catch(() => {});
    else if (told.what === 'refused') this.#gone(told.message);
    else if (told.what === 'printed') this.#print(told.text, told.isError);
    else this.#journey.told(told);
  }

  async #paused(paused: Paused): Promise<void> {
    await this.#journey.paused(paused).catch(() => {});
  }

  async #parsed(parsed: ParsedScript, realm: Realm): Promise<void> {
    const script = this.#scripts.add(parsed, realm);
    if (script === undefined) return;
    const placed = await this.breakpoints.placeIn(script).catch(() => []);
    for (const breakpoint of placed) this.#emit('breakpoint', { reason: 'changed', breakpoint });
  }

  #print(output: string, isError: boolean): void {
    this.#emit('output', { category: isError ? 'stderr' : 'stdout', output });
  }

  /** Heddle's own words. */
  #say(text: string): void {
    this.#emit('output', { category: 'console', output: `${printable(text)}\n` });
  }

  #gone(why: string): void {
    if (this.#outline !== undefined) {
      this.#print(`${printable(why)}\n`, true);
      this.#emit('terminated');
    }
    this.#settle(why);
    this.end();
  }

  // ---- arrivals ----

  #move(reason: string, go: () => Promise<Stop>): void {
    this.#stop = undefined;
    this.#variables = undefined;
    go().then(
      (stop) => this.#arrived(reason, stop),
      // The process is gone, which has been told.
      () => {},
    );
  }

  #arrived(reason: string, stop: Stop): void {
    const { outline } = this;
    const { position } = stop;
    this.#stop = stop;
    this.#frames = [];
    this.#variables = new Variables(this.#realmNow);
    const running = threadOf(runningAt(stop, outline));
    const threadId = outline.tasks.some(({ id }) => threadOf(id) === running)
      ? running
      : SCENARIO_THREAD;
    const body = { threadId, allThreadsStopped: true };
    if (position.kind === 'ask') this.#emit('stopped', { ...body, reason });
    else if (position.kind === 'end') this.#atEnd(body);
    else {
      const { breakpoint } = position.hit;
      const hitBreakpointIds = this.breakpoints.idsAt(breakpoint);
      const why = breakpoint === '' ? 'pause' : 'breakpoint';
      this.#emit('stopped', { ...body, reason: why, hitBreakpointIds });
    }
  }

  #atEnd(body: object): void {
    const { failure, report } = this.outline;
    if (!this.#isReported) this.#say(report);
    this.#isReported = true;
    if (failure === null) this.#finish();
    else {
      const description = `Broke at step ${failure.step}`;
      this.#emit('stopped', { ...body, reason: 'exception', description, text: failure.message });
    }
  }

  #finish(): void {
    this.#emit('exited', { exitCode: this.outline.failure === null ? 0 : 1 });
    this.#emit('terminated');
  }

  /** Where a syscall is asked for. */
  #lineOf(ask: number): string | undefined {
    const where = this.outline.asks[ask - 1]?.where;
    const [, path = '', line] = /^(.*):(\d+):\d+$/.exec(where ?? '') ?? [];
    return line === undefined ? undefined : `${resolve(this.#cwd, path)}:${line}`;
  }
}

/** The user's line in which a run stands. */
function lineText(paused: Paused | undefined, scripts: Scripts): string | undefined {
  for (const { location } of paused?.callFrames ?? []) {
    const place: Place | undefined = scripts.placeOf(location, (paused as Paused).realm);
    if (place !== undefined) return `${place.path}:${place.line}`;
  }
  return undefined;
}

/** Those of one task. */
export function isOf(threadId: number): (ask: Ask) => boolean {
  return ({ task }) => task === taskOf(threadId);
}
