import { OP } from '../../../sys/ops.ts';
import type { Address } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { isInet } from '../../kernel/addresses.ts';
import { BLOCKED } from '../../kernel/calls/handler.ts';
import { KIND, type Kind } from '../../kernel/choices.ts';
import { Footprint } from '../../kernel/footprint.ts';
import { touch } from '../../kernel/step-footprint.ts';
import { Task } from '../../kernel/task.ts';
import { TcpSocket } from '../../kernel/tcp.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { Observation } from '../observation.ts';
import type { Observer } from '../observer.ts';
import { ownAddress, type Sight, sightOf } from '../sight.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';

/**
 * Thrown out of a run that has shown all that it will be asked for: there is no need to finish it.
 */
export class Enough extends Error {
  override readonly name = 'Enough';
}

const ENOUGH = new Enough('the run has shown enough');

/**
 * A decision on the way to the run that is tried now: its alternatives, and which of them it is.
 */
interface Fork {
  readonly order: readonly number[];
  at: number;
  /** For decisions about who moves: what that says about the moves after it. */
  readonly moves: Moves | undefined;
}

/** Who may move at a decision, in the order in which they are tried. */
interface Moves {
  readonly names: readonly string[];
  /**
   * Moves that need not be made before something has happened that they conflict with: runs with
   * them first were tried.
   */
  readonly asleep: ReadonlySet<string>;
  readonly conflict: readonly (readonly boolean[])[];
}

const NOBODY: ReadonlySet<string> = new Set();

/** Where no run has come any further. */
export interface Impasse {
  /** Syscalls that had come back as observed, of all tasks. */
  readonly matched: number;
  readonly path: string;
  readonly task: string;
  /** Its syscalls count from 1. */
  readonly step: number;
  readonly observed: Sight | undefined;
  /** What came instead, in the runs that came this far. */
  readonly offered: readonly string[];
}

/**
 * `narrow`: tasks move in the order that was observed. `near`: so they do, and runs that depart
 * little from the first alternatives come before those that depart more (limited discrepancy
 * search: Harvey and Ginsberg, IJCAI 1995), because what is wrong may be an early decision. `wide`:
 * other tasks may go first.
 */
export type Breadth = 'narrow' | 'near' | 'wide';

/**
 * Looks for a run in which every task sees what was observed elsewhere: by replay, with the last
 * decision changed first, and given up as soon as a task sees something else.
 *
 * Tasks move in the order that was observed, since a syscall is a step there too; what the
 * surroundings did meanwhile was not observed and is searched for, as late as possible: when the
 * task whose turn it is sleeps or sees too little. Only a wide search lets other tasks go first
 * where the observed one might. Moves that do not conflict are tried in one order only (sleep sets:
 * Godefroid, LNCS 1032); two events are always taken to conflict, because programs see in which
 * order they came.
 */
export class Guided implements Strategy, Observer {
  readonly name = 'guided';
  readonly #observation: Observation;
  readonly #breadth: Breadth;
  readonly #forks: Fork[] = [];
  /** By how many alternatives, over all decisions, a run may depart from the first ones. */
  #departuresMax: number;
  /** Some decision has alternatives left that were too far away. */
  #wasBounded = false;
  #started = false;
  #depth = 0;
  #inputs = 0;
  #turn = 0;
  #matched = 0;
  #lost = false;
  #asleep: ReadonlySet<string> = NOBODY;
  #isChosen = false;
  readonly #total: number;
  readonly #counts = new Map<string, number>();
  /** The tasks of this run, as far as they have moved. */
  readonly #tasks = new Map<string, Task>();
  /** Ports as observed, to ports of this run, and back. */
  readonly #ports = new Map<number, number>();
  readonly #observedPorts = new Map<number, number>();
  /** Ports of the connections that were accepted, as observed, in order. */
  readonly #accepted: readonly number[];
  readonly #offered = new Map<string, { impasse: Impasse; offered: Set<string> }>();
  #furthest = -1;

  constructor(observation: Observation, breadth: Breadth) {
    this.#observation = observation;
    this.#breadth = breadth;
    this.#departuresMax = breadth === 'near' ? 1 : Number.POSITIVE_INFINITY;
    this.#accepted = Guided.#portsAccepted(observation);
    this.#total = [...observation.sights.values()].reduce((sum, each) => sum + each.length, 0);
  }

  static #portsAccepted({ turns, sights }: Observation): readonly number[] {
    return turns.flatMap(({ path, before, slept }) => {
      const sight = slept ? undefined : sights.get(path)?.[before];
      const { asked = '', address } = sight ?? {};
      return asked.startsWith('accept ') && address !== undefined && isInet(address)
        ? [address.port]
        : [];
    });
  }

  /** Everything that was observed has been seen. */
  get found(): boolean {
    return this.#matched === this.#total && !this.#lost;
  }

  /**
   * Where the furthest runs got stuck, the task that would have been next in the observed run
   * first.
   */
  get impasses(): readonly Impasse[] {
    return [...this.#offered.values()].map(({ impasse, offered }) => ({
      ...impasse,
      offered: [...offered],
    }));
  }

  begin(): boolean {
    if (this.#started && !this.#advance()) return false;
    this.#started = true;
    this.#depth = 0;
    this.#inputs = 0;
    this.#turn = 0;
    this.#matched = 0;
    this.#lost = false;
    this.#asleep = NOBODY;
    this.#isChosen = false;
    this.#counts.clear();
    this.#tasks.clear();
    this.#ports.clear();
    this.#observedPorts.clear();
    return true;
  }

  /**
   * To the next run: the last decision that has an alternative left, and may depart from the first
   * one so far, takes it. When all such runs were tried, farther departures are.
   */
  #advance(): boolean {
    this.#forks.length = Math.min(this.#forks.length, this.#depth);
    let departures = this.#forks.reduce((sum, { at }) => sum + at, 0);
    for (;;) {
      const fork = this.#forks.at(-1);
      if (fork === undefined) {
        if (!this.#wasBounded) return false;
        this.#wasBounded = false;
        this.#departuresMax *= 2;
        return true;
      }
      if (fork.at + 1 < fork.order.length) {
        if (departures < this.#departuresMax) {
          fork.at++;
          return true;
        }
        this.#wasBounded = true;
      }
      departures -= fork.at;
      this.#forks.pop();
    }
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind === KIND.input) return this.#observation.inputs[this.#inputs++] ?? 0;
    if (kind === KIND.swarm || kind === KIND.chance) return 0;
    if (this.#lost || this.found) throw ENOUGH;
    let fork = this.#forks[this.#depth];
    if (fork === undefined) {
      fork = kind === KIND.step ? this.#forkOfMoves(arity, point) : this.#forkOf(kind, arity);
      this.#forks.push(fork);
    }
    this.#depth++;
    if (kind === KIND.step) {
      this.#isChosen = true;
      this.#asleep = asleepAfter(fork);
    }
    return fork.order[fork.at] as number;
  }

  moves(mover: Task | EnvironmentEvent): void {
    if (this.#lost || this.found) throw ENOUGH;
    if (!this.#isChosen) {
      // The only one who could move.
      if (this.#asleep.has(nameOf(mover))) this.#giveUp();
      this.#asleep = NOBODY;
    }
    this.#isChosen = false;
  }

  #giveUp(): never {
    this.#lost = true;
    throw ENOUGH;
  }

  end(): void {}

  // ---- alternatives ----

  #forkOf(kind: Kind, arity: number): Fork {
    const order =
      kind === KIND.deliver ? this.#sizes(arity) : Array.from({ length: arity }, (_, i) => i);
    return { order, at: 0, moves: undefined };
  }

  #forkOfMoves(arity: number, point: ChoicePoint): Fork {
    const asleep = this.#asleep;
    const movers = this.#movers(arity, point)
      .map((index) => ({ index, mover: point.alternative(index) }))
      .filter(({ mover }) => !asleep.has(nameOf(mover)));
    if (movers.length === 0) this.#giveUp();
    // The sleepers stand behind the others: what conflicts with them has to be known.
    const sleepers = Array.from({ length: arity }, (_, i) => point.alternative(i)).filter((mover) =>
      asleep.has(nameOf(mover)),
    );
    const all = [...movers.map(({ mover }) => mover), ...sleepers];
    const footprints = all.map((mover) => {
      const made = new Footprint();
      touch(mover, made);
      return made;
    });
    const conflict = movers.map((_, i) => all.map((_, j) => doConflict(all, footprints, i, j)));
    const moves = { names: all.map(nameOf), asleep, conflict };
    return { order: movers.map(({ index }) => index), at: 0, moves };
  }

  #movers(arity: number, point: ChoicePoint): readonly number[] {
    const tasks = new Map<string, number>();
    const events: number[] = [];
    const others: number[] = [];
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      if (!(mover instanceof Task)) events.push(i);
      else {
        others.push(i);
        tasks.set(mover.path, i);
        this.#tasks.set(mover.path, mover);
      }
    }
    const begun = (path: string): boolean =>
      (point.alternative(tasks.get(path) as number) as Task).call?.begun ?? false;
    const path = this.#nextPath(tasks, begun) ?? '';
    const next = tasks.get(path);
    this.#sort(events, point, this.#tasks.get(path));
    if (next === undefined) return [...events, ...others];
    const rest = this.#breadth === 'wide' ? others.filter((i) => i !== next) : [];
    return [next, ...events, ...rest];
  }

  /**
   * What the next task may be waiting for comes first, so that nothing happens to others before it
   * has to. Connections are made in the order in which they were accepted.
   */
  #sort(events: number[], point: ChoicePoint, next: Task | undefined): void {
    const isConnecting = next?.call?.op === OP.connect;
    const footprint = new Footprint();
    const ranks = new Map<number, number>();
    const last = this.#accepted.length + 1;
    for (const index of events) {
      touch(point.alternative(index), footprint);
      const first = footprint.count > 0 ? footprint.objectAt(0) : undefined;
      const connects = first instanceof TcpSocket && first.state === 'SYN_SENT';
      const isWanted = isConnecting
        ? connects
        : connects || (next !== undefined && concerns(footprint, next));
      ranks.set(index, (isWanted ? 0 : last) + this.#rankOf(footprint));
    }
    events.sort((a, b) => (ranks.get(a) as number) - (ranks.get(b) as number));
  }

  /**
   * When the connection that an event is about was accepted: it goes by its client's port, on
   * either side.
   */
  #rankOf(footprint: Footprint): number {
    for (let i = 0; i < footprint.count; i++) {
      const socket = footprint.objectAt(i);
      if (!(socket instanceof TcpSocket)) continue;
      for (const address of [socket.local, socket.peer]) {
        const rank = this.#accepted.indexOf(this.#observedPorts.get(address?.port ?? 0) ?? 0);
        if (rank >= 0) return rank;
      }
    }
    return this.#accepted.length;
  }

  /**
   * Whose turn it was in the observed run, once everything that has happened already is left out.
   */
  #nextPath(
    ready: ReadonlyMap<string, number>,
    begun: (path: string) => boolean,
  ): string | undefined {
    const { turns } = this.#observation;
    for (; ; this.#turn++) {
      const turn = turns[this.#turn];
      if (turn === undefined) return undefined;
      const { path, before, slept } = turn;
      const count = this.#counts.get(path) ?? 0;
      if (count > before) continue;
      if (!slept) return path;
      if (ready.has(path) && !begun(path)) return path;
    }
  }

  /**
   * All that is on its way, or one of the lengths that were received somewhere: other lengths
   * nobody could have seen.
   */
  #sizes(arity: number): readonly number[] {
    const sizes = new Set<number>();
    for (const sights of this.#observation.sights.values()) {
      for (const { asked, got } of sights) {
        const length = /^(?:recv|read|recvfrom) /.test(asked) ? Number.parseInt(got, 10) : 0;
        if (length > 0 && length < arity) sizes.add(length);
      }
    }
    return [0, ...[...sizes].sort((a, b) => b - a)];
  }

  // ---- what is seen ----

  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    if (this.#lost || this.found) return;
    const { path } = task;
    this.#tasks.set(path, task);
    const count = this.#counts.get(path) ?? 0;
    const observed = this.#observation.sights.get(path)?.[count];
    if (result === BLOCKED) {
      if (call.op === OP.connect) this.#connecting(observed, ownAddress(task, call));
      return;
    }
    const sight = sightOf(task, call, result);
    if (observed !== undefined && this.#isSame(observed, sight)) {
      this.#counts.set(path, count + 1);
      this.#matched++;
      return;
    }
    this.#lost = true;
    this.#note(task, count, observed, sightText(this.#asObserved(sight)));
  }

  /** Nothing more can happen in this run. */
  stuck(tasks: readonly Task[]): void {
    if (this.#lost || this.found) return;
    this.#lost = true;
    for (const { path, before, slept } of this.#observation.turns) {
      if (slept || (this.#counts.get(path) ?? 0) > before) continue;
      const task = tasks.find((each) => each.path === path);
      if (task === undefined) continue;
      const observed = this.#observation.sights.get(path)?.[before];
      this.#note(task, before, observed, task.state === 'alive' ? 'sleeps for ever' : 'has ended');
      return;
    }
  }

  #note(task: Task, count: number, observed: Sight | undefined, offer: string): void {
    if (this.#matched < this.#furthest) return;
    if (this.#matched > this.#furthest) {
      this.#furthest = this.#matched;
      this.#offered.clear();
    }
    const { path, name } = task;
    const noted = this.#offered.get(path);
    if (noted !== undefined) noted.offered.add(offer);
    else {
      const impasse: Impasse = {
        matched: this.#matched,
        path,
        task: name,
        step: count + 1,
        observed,
        offered: [],
      };
      this.#offered.set(path, { impasse, offered: new Set([offer]) });
    }
  }

  #isSame(observed: Sight, sight: Sight): boolean {
    if (observed.asked !== sight.asked || observed.got !== sight.got) return false;
    if (observed.address === undefined || sight.address === undefined) return true;
    return this.#isSameAddress(observed.address, sight.address);
  }

  /** With the port that stood for this connection in the observed run, where that is known. */
  #asObserved(sight: Sight): Sight {
    const { address } = sight;
    if (address === undefined || !isInet(address)) return sight;
    const port = this.#observedPorts.get(address.port) ?? address.port;
    return { ...sight, address: { ...address, port } };
  }

  /**
   * A connection has its number before its connect comes back, so whoever accepts it is seen to
   * accept the right one.
   */
  #connecting(observed: Sight | undefined, own: Address | undefined): void {
    if (observed?.address === undefined || own === undefined) return;
    this.#isSameAddress(observed.address, own);
  }

  #isSameAddress(observed: Address, seen: Address): boolean {
    if (!isInet(observed) || !isInet(seen)) {
      return !isInet(observed) && !isInet(seen) && observed.path === seen.path;
    }
    // node:net no longer knows whose a connection was that has been reset.
    if (observed.port === 0) return true;
    if (observed.host !== seen.host) return false;
    const port = this.#ports.get(observed.port);
    const observedPort = this.#observedPorts.get(seen.port);
    if (port === undefined && observedPort === undefined) {
      this.#ports.set(observed.port, seen.port);
      this.#observedPorts.set(seen.port, observed.port);
      return true;
    }
    return port === seen.port && observedPort === observed.port;
  }
}

function doConflict(
  movers: readonly (Task | EnvironmentEvent)[],
  footprints: readonly Footprint[],
  i: number,
  j: number,
): boolean {
  const [one, other] = [movers[i], movers[j]];
  const [its, others] = [footprints[i] as Footprint, footprints[j] as Footprint];
  if (one instanceof Task) {
    return its.conflictsWith(others) || (!(other instanceof Task) && concerns(others, one));
  }
  return !(other instanceof Task) || its.conflictsWith(others) || concerns(its, other);
}

/** What a task asks for next is part of its step, and may look at anything that it has open. */
function concerns(event: Footprint, { process }: Task): boolean {
  for (const [, { file }] of process.descriptors.entries()) if (event.touches(file)) return true;
  return false;
}

/** Equal in runs that have come the same way. */
function nameOf(mover: Task | EnvironmentEvent): string {
  return mover instanceof Task ? mover.path : mover.label();
}

/**
 * Those who may sleep on once the alternative has been taken: the sleepers, and whoever was tried
 * before, without a conflict.
 */
function asleepAfter({ at, moves }: Fork): ReadonlySet<string> {
  if (moves === undefined) return NOBODY;
  const { names, asleep, conflict } = moves;
  const after = new Set<string>();
  names.forEach((name, i) => {
    const wasTried = i < at || asleep.has(name);
    if (wasTried && !conflict[at]?.[i]) after.add(name);
  });
  return after;
}

export function sightText({ asked, got, address }: Sight): string {
  const whose = address !== undefined && isInet(address) ? `, port ${address.port}` : '';
  return `${asked} → ${got}${whose}`;
}
