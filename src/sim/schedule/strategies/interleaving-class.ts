import { KIND, type Kind, type Labelled } from '../../kernel/choices.ts';
import { Footprint } from '../../kernel/footprint.ts';
import { touch } from '../../kernel/step-footprint.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Ended, Strategy } from '../strategy.ts';

/**
 * What has been done to one object so far: its accesses in order, but for reads that nothing was
 * written between.
 */
interface Accesses {
  hash: number;
  /** Of the reads since the last write, whose order nobody can tell. */
  reads: number;
}

/** Stands for all objects at once: what may touch anything writes it, everything else reads it. */
const EVERYTHING = {};

/**
 * Another strategy, watched: tells runs apart by the order of steps that conflict and by the
 * decisions that are not about who moves. Two runs whose steps that do not conflict merely come in
 * another order get the same number: they are one class of interleavings, a trace in Mazurkiewicz's
 * sense ("Concurrent Program Schemes and their Interpretations", 1977). As far as a hash of 53 bits
 * can say.
 */
export class InterleavingClass implements Strategy {
  readonly name: string;
  readonly #inner: Strategy;
  readonly #accesses = new Map<unknown, Accesses>();
  /** How many steps each mover has taken, by its name. */
  readonly #turns = new Map<string, number>();
  readonly #asked = new Map<string, number>();
  readonly #footprint = new Footprint();
  readonly #hashes = new Map<string, number>();
  /** Of decisions of other kinds, in any order. */
  #choices = 0;

  constructor(inner: Strategy) {
    this.#inner = inner;
    this.name = inner.name;
  }

  begin(): boolean {
    this.#accesses.clear();
    this.#turns.clear();
    this.#asked.clear();
    this.#choices = 0;
    return this.#inner.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    const choice = this.#inner.choose(kind, arity, point, about);
    // Other random numbers make no other order of steps.
    if (kind !== KIND.step && kind !== KIND.chance && choice !== 0) {
      const key = `${kind} ${about?.label() ?? ''}`;
      const count = (this.#asked.get(key) ?? 0) + 1;
      this.#asked.set(key, count);
      this.#choices = (this.#choices + mix(mix(this.#hashOf(key), count), choice)) | 0;
    }
    return choice;
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    this.#inner.moves?.(mover, point);
    const footprint = this.#footprint;
    touch(mover, footprint);
    const name = mover instanceof Task ? mover.path : mover.identity;
    const turn = (this.#turns.get(name) ?? 0) + 1;
    this.#turns.set(name, turn);
    const by = mix(mix(this.#hashOf(name), mover.call?.op ?? -1), mover instanceof Task ? turn : 0);
    this.#access(EVERYTHING, by, footprint.everything);
    for (let i = 0; i < footprint.count; i++) {
      this.#access(footprint.objectAt(i), by, footprint.writtenAt(i));
    }
  }

  #access(object: unknown, by: number, writes: boolean): void {
    let accesses = this.#accesses.get(object);
    if (accesses === undefined) {
      accesses = { hash: 0, reads: 0 };
      this.#accesses.set(object, accesses);
    }
    if (writes) {
      accesses.hash = mix(mix(accesses.hash, accesses.reads), by);
      accesses.reads = 0;
    } else accesses.reads = (accesses.reads + scatter(by)) | 0;
  }

  #hashOf(text: string): number {
    let hash = this.#hashes.get(text);
    if (hash === undefined) {
      hash = 0;
      for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
      this.#hashes.set(text, hash);
    }
    return hash;
  }

  end(ended: Ended): void {
    this.#inner.end(ended);
  }

  /** The class of the run that was made last: a whole number below 2^53. */
  get fingerprint(): number {
    let low = this.#choices;
    let high = scatter(this.#choices);
    for (const { hash, reads } of this.#accesses.values()) {
      const one = mix(hash, reads);
      low = (low + scatter(one)) | 0;
      high = (high + scatter(one ^ 0x5bd1e995)) | 0;
    }
    return (high >>> 11) * 0x1_0000_0000 + (low >>> 0);
  }
}

function mix(hash: number, value: number): number {
  return scatter(Math.imul(hash, 0x01000193) ^ value);
}

/** The finisher of MurmurHash3: every bit depends on every other. */
function scatter(value: number): number {
  let hash = (value + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
