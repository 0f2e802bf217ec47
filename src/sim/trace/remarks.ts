import { OP } from '../../sys/ops.ts';
import { signalName } from '../kernel/calls/text.ts';
import type { SignalFate } from '../kernel/surroundings.ts';
import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';

/** A signal that has come to a task. */
export interface ToldSignal {
  /** The step in which it came. */
  readonly step: number;
  readonly task: Task;
  readonly name: string;
  readonly fate: SignalFate;
}

/** A socket of which a descriptor is closed in a step, as it was before. */
interface Closed {
  readonly isListener: boolean;
  readonly unreadBytes: number;
}

/** What steps have done besides their answers, so that a row can say it. */
export class Remarks {
  readonly signals: ToldSignal[] = [];
  readonly #texts = new Map<number, string[]>();
  #closed: Closed | undefined;
  #isTasks = false;
  /** RSTs that have left in this step. */
  #resets = 0;

  at(step: number): readonly string[] {
    return this.#texts.get(step) ?? [];
  }

  add(step: number, text: string): void {
    const texts = this.#texts.get(step) ?? [];
    if (!texts.includes(text)) texts.push(text);
    this.#texts.set(step, texts);
  }

  /** A step begins, with a call of `mover` or with nobody's. */
  begins(mover: Task | undefined): void {
    const call = mover?.call;
    this.#isTasks = call != null;
    this.#resets = 0;
    this.#closed = undefined;
    if (mover === undefined || call?.op !== OP.close) return;
    const file = mover.process.descriptors.get(call.a0)?.file;
    if (!(file instanceof TcpSocket)) return;
    this.#closed = { isListener: file.state === 'LISTEN', unreadBytes: file.bytesQueued };
  }

  reset(): void {
    this.#resets++;
  }

  /** The step is over. */
  settled(step: number): void {
    if (this.#resets > 0 && this.#isTasks) this.add(step, this.#resetText());
    this.#resets = 0;
  }

  #resetText(): string {
    const { isListener = false, unreadBytes = 0 } = this.#closed ?? {};
    const what = this.#resets === 1 ? 'RST' : `${this.#resets} RSTs`;
    if (isListener) return `not yet accepted: ${what}`;
    return unreadBytes > 0 ? `${unreadBytes} B unread, so it sends ${what}` : `it sends ${what}`;
  }

  signalled(step: number, task: Task, signal: number, fate: SignalFate): void {
    const name = signalName(signal);
    this.signals.push({ step, task, name, fate });
    this.add(step, fateText(name, task, fate));
  }
}

function fateText(name: string, task: Task, fate: SignalFate): string {
  switch (fate) {
    case 'runs':
      return `${name} handler runs in ${task.name}`;
    case 'before':
      return `${name} comes before ${task.call?.name} begins`;
    case 'again':
      return `${name} handler of ${task.name} is to run again`;
    case 'merges':
      return `${name} merges with the pending one`;
    default:
      return `${name} ends ${task.process.name}`;
  }
}
