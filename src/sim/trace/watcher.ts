import { OP } from '../../sys/ops.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import { KIND, KIND_NAMES, type Kind, type Labelled } from '../kernel/choices.ts';
import type { FileObject } from '../kernel/file.ts';
import type { Happening } from '../kernel/happening.ts';
import { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import { EnvironmentEvent } from '../network/events.ts';
import type { Segment, Tap } from '../network/tap.ts';
import { waitText } from '../schedule/judge.ts';
import type { Observer } from '../schedule/observer.ts';
import type { World } from '../schedule/world.ts';
import { Causes } from './causes.ts';
import { alternativeText, bytesText, callText, happeningText } from './describe.ts';
import { kernelState, MemorySeen } from './kernel-state.ts';
import type { Alternative, Decision, Lane, Span, SpanStatus, StateLog, Step } from './model.ts';
import { RingRequests } from './rings.ts';

/** Alternatives of a decision that are listed; a delivery may have one for each byte. */
const ALTERNATIVES_MAX = 9;

/** What was carried, when: for captures of packets. */
export interface Carried extends Segment {
  readonly step: number;
  readonly timeMs: number;
}

/** Needed of the run that is watched. */
export interface Watched {
  readonly world: World;
  alternative(index: number): Task | EnvironmentEvent;
}

interface LaneNotes {
  readonly task: Task;
  readonly born: number;
  ended: number | null;
  status: SpanStatus | null;
  call: string;
  since: number;
}

/**
 * Watches a run for its picture: who moved and why, what could have moved instead, how every task
 * waits, and the state of the kernel after each step. It looks and never touches: the run is the
 * same without it.
 */
export class Watcher implements Partial<Observer> {
  readonly steps: Step[] = [];
  readonly spans: Span[] = [];
  readonly decisions: Decision[] = [];
  readonly alternatives: Alternative[] = [];
  readonly carried: Carried[] = [];
  readonly causes: Causes = new Causes();
  readonly tap: Tap = {
    departed: (segment) => this.causes.departed(segment),
    arrived: (segment) => this.#arrived(segment),
  };
  readonly #run: () => Watched;
  readonly #memory = new MemorySeen();
  readonly #lanes: LaneNotes[] = [];
  readonly #laneOf = new Map<Task, number>();
  readonly #log = new StateWriter();
  readonly #rings = new RingRequests();
  /** For whom the arrival of this step was. */
  #receiver: FileObject | undefined;
  /** What has arrived in this step, in words. */
  #landed: string[] = [];
  /** Whose a file object was when it was last open. */
  readonly #owners = new WeakMap<FileObject, Task>();
  #woken: Task | undefined;

  /** @param run the run that is watched, once there is one */
  constructor(run: () => Watched) {
    this.#run = run;
  }

  get lanes(): Lane[] {
    return this.#lanes.map(({ task, born, ended }) => ({
      name: task.name,
      process: task.process.name,
      pid: task.process.pid,
      parentPid: task.process.parent?.pid ?? null,
      host: task.process.kernel.host,
      born,
      ended,
      died: task.state === 'died',
    }));
  }

  get state(): StateLog {
    return this.#log.log;
  }

  get #timeMs(): number {
    return this.#run().world.nowMs;
  }

  // ---- before a step ----

  decided(kind: Kind, arity: number, choice: number, about?: Labelled): void {
    const decision = this.decisions.length;
    this.decisions.push({
      step: this.steps.length + 1,
      kind: KIND_NAMES[kind] as string,
      about: aboutText(about),
      arity,
      choice,
      matters: null,
    });
    const kindName = KIND_NAMES[kind] as string;
    for (const other of listed(arity, choice)) {
      const name =
        kind === KIND.step
          ? moverName(this.#run().alternative(other))
          : alternativeText(kindName, arity, other, about?.alternativeText?.(other));
      const road = { decision, choice: other, text: name, outcome: null, steps: 0, message: '' };
      this.alternatives.push(road);
    }
  }

  /** A step begins: `mover` is about to move. */
  moves(mover: Task | EnvironmentEvent): void {
    this.#settle(this.steps.at(-1)?.timeMs ?? 0);
    const task = mover instanceof Task ? mover : undefined;
    if (task?.call != null) this.#memory.note(task.call);
    this.causes.begins(this.steps.length + 1, task);
  }

  // ---- the step itself ----

  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    this.causes.stepped(task, call, result);
    this.steps.push({
      timeMs: this.#timeMs,
      lane: this.#lane(task),
      kind: result === BLOCKED && call.op !== OP.exit ? 'sleep' : 'call',
      call: call.name,
      did: callText(call),
      result: this.#rings.resultText(task, call, result),
      where: call.where ?? '',
    });
  }

  #arrived(segment: Segment): void {
    const { world } = this.#run();
    const step = this.steps.length + 1;
    this.carried.push({ ...segment, step, timeMs: world.nowMs });
    this.causes.arrived(segment);
    this.#receiver = segment.what === 'refused' ? segment.from : segment.to;
    this.#landed.push(segment.bytes.length > 0 ? bytesText(segment.bytes) : segment.what);
  }

  fired(_label: string, event: Happening): void {
    if (this.#landed.length === 0) this.#push('arrival', happeningText(event), '');
    else {
      const path = 'from' in event ? `${event.from}→${event.to}` : '';
      this.#push('arrival', `${[...new Set(this.#landed)].join(', ')} arrives`, path);
    }
  }

  timePassed(nowNs: number): void {
    this.#settle(this.steps.at(-1)?.timeMs ?? 0);
    this.causes.begins(this.steps.length + 1, undefined);
    this.#push('time', `goes on to ${Number((nowNs / 1e6).toFixed(3))} ms`, '');
  }

  #push(kind: 'arrival' | 'time', did: string, result: string): void {
    this.steps.push({ timeMs: this.#timeMs, lane: null, kind, call: '', did, result, where: '' });
  }

  // ---- after a step ----

  /** The run is over. */
  finish(): void {
    this.#settle(this.#timeMs);
    const last = this.steps.length;
    for (const [lane, notes] of this.#lanes.entries()) this.#close(lane, notes, last);
  }

  /** The last step is complete: what has it done to the tasks, and to the kernel? */
  #settle(timeMs: number): void {
    const { world } = this.#run();
    const step = this.steps.length;
    this.#woken = undefined;
    for (const task of world.tasks) this.#look(task, step);
    const state = kernelState(world, this.#memory, timeMs);
    this.#log.add(state, step);
    const last = this.steps.at(-1);
    if (last?.kind === 'arrival') {
      const lane = this.#laneOfArrival(world);
      this.steps[step - 1] = { ...last, lane };
    }
    this.#receiver = undefined;
    this.#landed = [];
  }

  #look(task: Task, step: number): void {
    const lane = this.#lane(task);
    const notes = this.#lanes[lane] as LaneNotes;
    if (notes.ended !== null) return;
    if (task.state !== 'alive') {
      this.#close(lane, notes, step);
      notes.ended = step;
      notes.status = null;
      this.causes.ended(task);
      return;
    }
    const status = statusOf(task);
    const call = task.call === null ? '' : waitText(task);
    const own = this.steps.at(-1)?.lane === lane;
    if (status === 'ready' && notes.status === 'asleep' && !own) {
      this.causes.woken(task, notes.call);
      this.#woken ??= task;
    }
    if (status === notes.status && call === notes.call && !own) return;
    this.#close(lane, notes, step);
    notes.status = status;
    notes.call = call;
    notes.since = step;
  }

  /** How the task was, it is no more. */
  #close(lane: number, { status, call, since }: LaneNotes, step: number): void {
    if (status !== null && since < step)
      this.spans.push({ lane, from: since, to: step, status, call });
  }

  #lane(task: Task): number {
    const known = this.#laneOf.get(task);
    if (known !== undefined) return known;
    const lane = this.#lanes.length;
    const born = this.steps.length;
    this.#laneOf.set(task, lane);
    this.#lanes.push({ task, born, ended: null, status: null, call: '', since: born });
    if (born > 0) this.causes.born(task);
    return lane;
  }

  /**
   * The task an arrival is for: somebody of the process that has the socket, or had it last, or
   * else who was woken by it.
   */
  #laneOfArrival(world: World): number | null {
    const file = this.#receiver;
    let owner = ownerOf(world, file);
    if (file !== undefined) {
      if (owner !== undefined) this.#owners.set(file, owner);
      else owner = this.#owners.get(file);
    }
    owner ??= this.#woken;
    return owner === undefined ? null : this.#lane(owner);
  }
}

function aboutText(about: Labelled | undefined): string {
  if (about instanceof EnvironmentEvent) return happeningText(about.happening());
  return about?.label() ?? '';
}

function moverName(mover: Task | EnvironmentEvent): string {
  return mover instanceof Task ? mover.name : happeningText(mover.happening());
}

function statusOf(task: Task): SpanStatus | null {
  if (task.outside) return 'outside';
  if (task.call === null) return null;
  return task.asleep ? 'asleep' : 'ready';
}

/** A task of the process that has `file` open, or that listens where it has come up. */
function ownerOf(world: World, file: FileObject | undefined): Task | undefined {
  if (file === undefined) return undefined;
  let listener: Task | undefined;
  for (const kernel of world.hosts) {
    for (const process of kernel.processes) {
      for (const [, { file: open }] of process.descriptors.entries()) {
        const holder = process.tasks.find(({ held }) => held?.file === open) ?? process.tasks[0];
        if (open === file) return holder;
        if (listensFor(open, file)) listener ??= holder;
      }
    }
  }
  return listener;
}

function listensFor(listener: FileObject, file: FileObject): boolean {
  if (!(listener instanceof TcpSocket && file instanceof TcpSocket)) return false;
  const { state, host, local } = listener;
  return state === 'LISTEN' && host === file.host && local?.port === file.local?.port;
}

/** The calm one, the one taken, and evenly spread ones between. */
function listed(arity: number, choice: number): number[] {
  if (arity <= ALTERNATIVES_MAX) return Array.from({ length: arity }, (_, i) => i);
  const spread = Array.from({ length: ALTERNATIVES_MAX }, (_, i) =>
    Math.round((i * (arity - 1)) / (ALTERNATIVES_MAX - 1)),
  );
  return [...new Set([...spread, choice])].sort((a, b) => a - b);
}

/** Writes down states as changes, each text once. */
class StateWriter {
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();
  readonly #changes: number[][] = [];
  #before: ReadonlyMap<string, string> = new Map();

  add(state: ReadonlyMap<string, string>, step: number): void {
    const change = this.#changes[step] ?? [];
    for (const [key, value] of state) {
      if (this.#before.get(key) === value) continue;
      change.push(placeIn(this.#keys, key), placeIn(this.#values, value));
    }
    for (const key of this.#before.keys()) {
      if (!state.has(key)) change.push(placeIn(this.#keys, key), -1);
    }
    this.#changes[step] = change;
    this.#before = state;
  }

  get log(): StateLog {
    return {
      keys: [...this.#keys.keys()],
      values: [...this.#values.keys()],
      changes: this.#changes,
    };
  }
}

function placeIn(places: Map<string, number>, text: string): number {
  let place = places.get(text);
  if (place === undefined) {
    place = places.size;
    places.set(text, place);
  }
  return place;
}
