import { OP } from '../../sys/ops.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import { jsonText } from '../kernel/calls/text.ts';
import type { Task } from '../kernel/task.ts';
import type { Failure } from '../schedule/failure.ts';
import type { Observer } from '../schedule/observer.ts';

/**
 * What every task of a run has been told, syscall by syscall. Task numbers are left out: they only
 * say who was born first.
 */
export class Histories implements Observer {
  readonly #hashes = new Map<string, string>();

  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    if (result !== BLOCKED) this.note(task, call, result);
  }

  note(task: Task, { op, name }: Syscall<unknown>, result: unknown): void {
    const told = op === OP.spawn || op === OP.fork || op === OP.gettid ? '' : textOf(result);
    const before = this.#hashes.get(task.path) ?? '';
    this.#hashes.set(task.path, hashOf(`${before} ${name} ${told}`));
  }

  /** Of what has been told so far. */
  get key(): string {
    const parts = [...this.#hashes].map(([path, hash]) => `${path} ${hash}`);
    return parts.sort().join(', ');
  }

  /**
   * The key at the end of a run, and how it failed if it did: two runs with one outcome are the
   * same to all who took part.
   */
  outcome(failure: Failure | undefined): string {
    return `${this.key} ${failure?.signature ?? ''}`;
  }
}

function textOf(result: unknown): string {
  if (ArrayBuffer.isView(result)) return `[${(result as Uint8Array).join()}]`;
  if (typeof result === 'number') return String(result);
  return jsonText(result);
}

/** 53 bits (cyrb53): two lanes of multiplication, each stirred by the other at the end. */
function hashOf(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return ((b >>> 0) * 0x20_0000 + (a >>> 11)).toString(36);
}
