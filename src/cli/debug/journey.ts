import type { Runtime } from 'node:inspector';
import type { DebuggedProcess, Paused } from './debugged-process.ts';
import { hitBefore } from './moves.ts';
import { CONTROL, type Goal, type Hit, type Position, type Told } from './outline.ts';

/** Where a run has come to a stop. */
export interface Stop {
  readonly position: Position;
  /** In the debugger, unless the run has ended. */
  readonly paused: Paused | undefined;
}

/** To the end of a run that is not looked at any more. */
const AWAY: Goal = { ask: 0, hit: 'none', isSilent: true };

/**
 * A run that is gone through, forwards and backwards. Back is a new run up to there, once the
 * present one has gone on to its end: nobody can say what a program would do that is torn from it.
 */
export class Journey {
  readonly #process: DebuggedProcess;
  #goal: Goal = AWAY;
  /** Its debugger holds the run. */
  #isPaused = false;
  #isAskedToPause = false;
  /** Told just before the debugger stops there. */
  #next: Position | undefined;
  #hits: readonly Hit[] = [];
  #arrive: (stop: Stop) => void = () => {};
  #fail: (error: Error) => void = () => {};

  constructor(process: DebuggedProcess) {
    this.#process = process;
  }

  /** On from here; from the beginning, if nothing runs. */
  async on(goal: Goal): Promise<Stop> {
    this.#goal = goal;
    const arrival = new Promise<Stop>((resolve, reject) => {
      this.#arrive = resolve;
      this.#fail = reject;
    });
    // The run may be over before anybody waits for it.
    arrival.catch(() => {});
    const goes = this.#isPaused ? this.#process.resume(goal) : this.#process.run(goal);
    this.#isPaused = false;
    await goes;
    return arrival;
  }

  /** Back to a syscall that was asked for. */
  async back(ask: number): Promise<Stop> {
    await this.#leave();
    return this.on({ ask, hit: 'none', isSilent: true });
  }

  /** Back to the breakpoint that was passed last; else to the syscall. */
  async backToBreakpoint(position: Position, otherwise: number): Promise<Stop> {
    await this.#leave();
    await this.on(AWAY);
    const hit = hitBefore(position, this.#hits);
    if (hit === 0) return this.back(otherwise);
    return this.on({ ask: 0, hit, isSilent: true });
  }

  /** Stop in whatever code the run is in. */
  async pause(): Promise<void> {
    this.#isAskedToPause = true;
    await this.#process.post('Debugger.pause');
  }

  told(told: Told): void {
    if (told.what === 'asks') this.#next = { kind: 'ask', ask: told.ask };
    if (told.what === 'hit') this.#next = { kind: 'hit', hit: told.hit };
    if (told.what === 'ended') {
      this.#hits = told.hits;
      this.#arrive({ position: { kind: 'end' }, paused: undefined });
    }
  }

  async paused(paused: Paused): Promise<void> {
    const position = this.#next ?? (await this.#positionNow());
    this.#next = undefined;
    // A `debugger` statement of the user's is none of those that are looked for.
    const isPassed = position.kind === 'hit' && position.hit.time === 0;
    if (isPassed && !this.#isAskedToPause && this.#goal.hit !== 'every') {
      await this.#process.post('Debugger.resume');
      return;
    }
    this.#isAskedToPause = false;
    this.#isPaused = true;
    this.#arrive({ position, paused });
  }

  /** Nothing is to be waited for any more. */
  gone(): void {
    this.#fail(new Error('the run is over'));
  }

  async #leave(): Promise<void> {
    if (this.#isPaused) await this.on(AWAY);
  }

  /** Stopped by nobody that was asked for. */
  async #positionNow(): Promise<Position> {
    const { result } = await this.#process.post<Runtime.EvaluateReturnType>('Runtime.evaluate', {
      ...{ expression: `${CONTROL}.standpoint`, returnByValue: true },
    });
    const { asks, task } = result.value as Pick<Hit, 'asks' | 'task'>;
    return { kind: 'hit', hit: { breakpoint: '', asks, time: 0, task } };
  }
}
