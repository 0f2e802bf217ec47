import type { Syscall } from '../../sys/syscall.ts';
import type { FileObject } from '../kernel/file.ts';
import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import { waitText } from '../schedule/judge.ts';
import type { World } from '../schedule/world.ts';
import type { Lane, Span, SpanStatus } from './model.ts';

/** Told of what a step has done to the tasks. */
export interface LaneListener {
  /** `task`, which slept in `call`, may move because of this step. */
  woken(task: Task, call: string): void;
  born(task: Task): void;
  ended(task: Task): void;
}

interface LaneNotes {
  readonly task: Task;
  readonly born: number;
  ended: number | null;
  status: SpanStatus | null;
  /** The call that it asks for, and its text. */
  asked: Syscall<unknown> | null;
  call: string;
  since: number;
}

/** The tasks of a run, a lane each: when they live, and how they wait between their steps. */
export class Lanes {
  readonly spans: Span[] = [];
  readonly #listener: LaneListener;
  readonly #lanes: LaneNotes[] = [];
  readonly #laneOf = new Map<Task, number>();
  /** Whose a file object was when it was last open. */
  readonly #owners = new WeakMap<FileObject, Task>();

  constructor(listener: LaneListener) {
    this.#listener = listener;
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

  /** The lane of a task that is there after `step` steps. */
  of(task: Task, step: number): number {
    const known = this.#laneOf.get(task);
    if (known !== undefined) return known;
    const lane = this.#lanes.length;
    this.#laneOf.set(task, lane);
    this.#lanes.push({
      task,
      born: step,
      ended: null,
      status: null,
      asked: null,
      call: '',
      since: step,
    });
    if (step > 0) this.#listener.born(task);
    return lane;
  }

  /** Step number `step`, of the task in lane `own`, is complete; gives whom it has woken first. */
  look(world: World, step: number, own: number | null): Task | undefined {
    let woken: Task | undefined;
    for (const task of world.tasks) {
      const lane = this.of(task, step);
      if (this.#lookAt(task, lane, step, own === lane)) woken ??= task;
    }
    return woken;
  }

  /** Gives whether it was woken. */
  #lookAt(task: Task, lane: number, step: number, own: boolean): boolean {
    const notes = this.#lanes[lane] as LaneNotes;
    if (notes.ended !== null) return false;
    if (task.state !== 'alive') {
      this.#close(lane, notes, step);
      notes.ended = step;
      notes.status = null;
      this.#listener.ended(task);
      return false;
    }
    const status = statusOf(task);
    const woken = status === 'ready' && notes.status === 'asleep' && !own;
    if (woken) this.#listener.woken(task, notes.call);
    if (status === notes.status && task.call === notes.asked && !own) return woken;
    this.#close(lane, notes, step);
    notes.status = status;
    notes.asked = task.call;
    notes.call = task.call === null ? '' : waitText(task);
    notes.since = step;
    return woken;
  }

  #close(lane: number, { status, asked, call, since }: LaneNotes, step: number): void {
    if (status === null || since >= step) return;
    this.spans.push({ lane, from: since, to: step, status, call, name: asked?.name ?? '' });
  }

  /** The run is over after `step` steps. */
  finish(step: number): void {
    for (const [lane, notes] of this.#lanes.entries()) this.#close(lane, notes, step);
  }

  /**
   * The task an arrival is for: one of the process that has the socket, or had it last, or else the
   * one that was woken by it.
   */
  ofArrival(world: World, file: FileObject | undefined, woken: Task | undefined): Task | undefined {
    if (file === undefined) return woken;
    const owner = ownerOf(world, file);
    if (owner === undefined) return this.#owners.get(file) ?? woken;
    this.#owners.set(file, owner);
    return owner;
  }
}

function statusOf(task: Task): SpanStatus | null {
  if (task.outside) return 'outside';
  if (task.call === null) return null;
  return task.asleep ? 'asleep' : 'ready';
}

/** A task of the process that has `file` open, or that listens where it has come up. */
function ownerOf(world: World, file: FileObject): Task | undefined {
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
