import type { Goal, Hit } from '../../node/debug-control.ts';
import type { DebuggedProcess, Paused } from './debugged-process.ts';
import { hitBefore } from './moves.ts';
import type { Position, Told } from './outline.ts';

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
  readonly #isUsers: (paused: Paused) => boolean;
  #goal: Goal = AWAY;
  /** A debugger holds the run. */
  #paused: Paused | undefined;
  #isAskedToPause = false;
  /** Told just before the debugger stops there. */
  #next: Position | undefined;
  /** Of the run that goes on, or was the last. */
  #hits: Hit[] = [];
  #arrive: (stop: Stop) => void = () => {};
  #fail: (error: Error) => void = () => {};

  /** @param isUsers whether that is code of the user's */
  constructor(process: DebuggedProcess, isUsers: (paused: Paused) => boolean) {
    this.#process = process;
    this.#isUsers = isUsers;
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
    const paused = this.#paused;
    this.#paused = undefined;
    if (paused === undefined) {
      this.#hits = [];
      await this.#process.run(goal);
    } else {
      await paused.realm.control(`aim(${JSON.stringify(goal)})`);
      await paused.realm.post('Debugger.resume');
    }
    return arrival;
  }

  /** Back to something that was asked for. */
  async back(ask: number): Promise<Stop> {
    await this.#leave();
    return this.on({ ask, hit: 'none', isSilent: true });
  }

  /** Back to the breakpoint that was passed last; else to what was asked for. */
  async backToBreakpoint(position: Position, otherwise: number): Promise<Stop> {
    await this.#leave();
    await this.on(AWAY);
    const hit = hitBefore(position, this.#hits);
    if (hit === 0) return this.back(otherwise);
    return this.on({ ask: 0, hit, isSilent: true });
  }

  /** Stop in whatever code the run is in; of threads that wait for each other, in the user's. */
  async pause(): Promise<void> {
    this.#isAskedToPause = true;
    await Promise.all(this.#process.realms.map((realm) => realm.post('Debugger.pause')));
  }

  told(told: Told): void {
    if (told.what === 'asks') this.#next = { kind: 'ask', ask: told.ask };
    if (told.what === 'hit') {
      this.#hits.push(told.hit);
      if (told.stops) this.#next = { kind: 'hit', hit: told.hit };
    }
    if (told.what === 'ended') this.#arrive({ position: { kind: 'end' }, paused: undefined });
  }

  async paused(paused: Paused): Promise<void> {
    const position = this.#next ?? (await positionIn(paused));
    this.#next = undefined;
    // A `debugger` statement of the user's is none of those that are looked for.
    const isPassed = position.kind === 'hit' && position.hit.time === 0;
    if (isPassed && !this.#isWanted(paused)) {
      await paused.realm.post('Debugger.resume');
      return;
    }
    this.#isAskedToPause = false;
    this.#paused = paused;
    this.#arrive({ position, paused });
  }

  /** Nothing is to be waited for any more. */
  gone(): void {
    this.#fail(new Error(OVER));
  }

  #isWanted(paused: Paused): boolean {
    if (this.#paused !== undefined) return false;
    if (!this.#isAskedToPause) return this.#goal.hit === 'every' && this.#isUsers(paused);
    return this.#process.realms.length === 1 || this.#isUsers(paused);
  }

  async #leave(): Promise<void> {
    if (this.#paused !== undefined) await this.on(AWAY);
  }
}

const OVER = 'the run is over';

/** Stopped by nobody that was asked for. */
async function positionIn({ realm }: Paused): Promise<Position> {
  const { result } = await realm.control('standpoint');
  const { asks, task } = result.value as Pick<Hit, 'asks' | 'task'>;
  return { kind: 'hit', hit: { breakpoint: '', asks, time: 0, task } };
}
