import { BLOCKED } from '../../sim/kernel/calls/handler.ts';
import type { Kind, Labelled } from '../../sim/kernel/choices.ts';
import type { Happening } from '../../sim/kernel/happening.ts';
import type { Task } from '../../sim/kernel/task.ts';
import type { EnvironmentEvent } from '../../sim/network/events.ts';
import { Digest } from '../../sim/schedule/digest.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import { callText, resultText } from '../../sim/trace/describe.ts';
import type { Syscall } from '../../sys/syscall.ts';

/** A step in words, and a hash of all that went in and came out. */
export interface Move {
  readonly text: string;
  readonly hash: number;
}

/** A task may die in the step that asks for something unsupported; nobody is told of that step. */
const UNTOLD: Move = { text: 'a syscall that is not supported', hash: 0 };

/** Tells each step of a run in a form that can be compared with the same step of another. */
export class Moves implements Observer {
  readonly #next: Observer | undefined;
  #move: Move | undefined;

  /** @param next hears of everything as well */
  constructor(next?: Observer) {
    this.#next = next;
  }

  /** The step that has just been taken. */
  taken(): Move {
    const move = this.#move ?? UNTOLD;
    this.#move = undefined;
    return move;
  }

  decided(
    kind: Kind,
    arity: number,
    choice: number,
    about: Labelled | undefined,
    taken: Task | EnvironmentEvent | undefined,
  ): void {
    this.#next?.decided?.(kind, arity, choice, about, taken);
  }

  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    this.#next?.stepped?.(task, call, result);
    const text = `${task.name}: ${callText(call)} → ${resultText(call, result)}`;
    this.#move = { text, hash: hashOf(task, call, result) };
  }

  fired(label: string, happening: Happening): void {
    this.#next?.fired?.(label, happening);
    this.#move = { text: label, hash: 0 };
  }

  timePassed(nowNs: number): void {
    this.#next?.timePassed?.(nowNs);
    this.#move = { text: TIMERS, hash: 0 };
  }
}

/** What a step is called in which timers fire. */
export const TIMERS = 'timers are due';

/** Every byte counts here, where the digest of a run takes samples of long contents. */
function hashOf(task: Task, call: Syscall<unknown>, result: unknown): number {
  if (result === BLOCKED) return 0;
  const digest = new Digest();
  digest.step(task.id, call.op, call.a0, result);
  let hash = Number.parseInt(digest.toString().slice(8), 16);
  if (call.data instanceof Uint8Array) hash = mixAll(hash, call.data);
  if (result instanceof Uint8Array) hash = mixAll(hash, result);
  return hash >>> 0;
}

/** FNV-1a. */
function mixAll(start: number, bytes: Uint8Array): number {
  let hash = start;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}
