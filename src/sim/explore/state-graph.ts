import type { Syscall } from '../../sys/syscall.ts';
import { KIND, type Kind } from '../kernel/choices.ts';
import type { Task } from '../kernel/task.ts';
import type { Observer } from '../schedule/observer.ts';
import type { Run } from '../schedule/run.ts';
import { runSync } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { kernelState, MemorySeen } from '../trace/kernel-state.ts';
import { Histories } from './histories.ts';

export interface StateGraph {
  /** Runs there are, each order of steps counted, also where nobody could tell the order. */
  readonly interleavings: bigint;
  /** States in which there is a choice, or in which a run has ended. */
  readonly states: number;
  /**
   * What the tasks were told in the end, and how it failed if it did: see {@link
   * Histories.outcome}.
   */
  readonly outcomes: ReadonlySet<string>;
  /** False when it was not looked at to its end: then the numbers say how much was seen. */
  readonly complete: boolean;
}

/** A state with a choice, or the end of a run. */
interface Node {
  readonly next: Node[];
  /** Runs from here to their ends; undefined until it has been counted. */
  count: bigint | undefined;
}

/** Thrown out of a run that has come to a state that is known. */
class Known extends Error {
  override readonly name = 'Known';
}

/** Whoever compares a search with it waits for both; with more states nothing is counted. */
const STATES_MAX = 200_000;

/**
 * Every state that a scenario can come to, each looked at once, and the number of ways through
 * them: what a search without reduction would have to make one by one. A state is what the kernel
 * holds and what each task has been told so far, which for programs without a memory in common is
 * all there is. Without faults; for scenarios of generators.
 */
export function stateGraph(scenario: Scenario, statesMax: number = STATES_MAX): StateGraph {
  const growing = new GrowingStateGraph(scenario, statesMax);
  while (growing.more(Number.POSITIVE_INFINITY));
  return growing.graph;
}

/** A graph of states that grows in slices, for those who want to hear of it meanwhile. */
export class GrowingStateGraph {
  readonly #scenario: Scenario;
  readonly #statesMax: number;
  readonly #search = new Search();
  #exhausted = false;

  constructor(scenario: Scenario, statesMax: number = STATES_MAX) {
    this.#scenario = scenario;
    this.#statesMax = statesMax;
  }

  /** States that are known so far. */
  get states(): number {
    return this.#search.states;
  }

  /** Up to `runs` more paths into it; false when there is nothing left to look at, or too much. */
  more(runs: number): boolean {
    const search = this.#search;
    for (let run = 0; run < runs; run++) {
      if (search.states > this.#statesMax) return false;
      if (!search.begin()) {
        this.#exhausted = true;
        return false;
      }
      try {
        runSync(this.#scenario, {
          strategy: search,
          observer: search,
          faults: [],
          watch: (run) => search.watch(run),
        });
      } catch (error) {
        if (!(error instanceof Known)) throw error;
      }
    }
    return true;
  }

  /** As far as it is known. */
  get graph(): StateGraph {
    const { root, states, outcomes } = this.#search;
    const complete = this.#exhausted;
    const interleavings = complete && root !== undefined ? countRuns(root) : 0n;
    return { interleavings, states, outcomes, complete };
  }
}

/**
 * No state comes back, because what a task has been told only grows; so the graph has no cycles.
 */
function countRuns(root: Node): bigint {
  const open = [root];
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    const unknown = node.next.find(({ count }) => count === undefined);
    if (unknown !== undefined) {
      open.push(unknown);
      continue;
    }
    node.count = node.next.reduce((sum, { count }) => sum + (count as bigint), 0n);
    open.pop();
  }
  return root.count as bigint;
}

/** Goes down one path after the other, depth first, until it meets what it knows. */
class Search implements Strategy, Observer {
  readonly name = 'state graph';
  readonly outcomes = new Set<string>();
  readonly #nodes = new Map<string, Node>();
  readonly #path: { readonly node: Node; readonly key: string; choice: number; arity: number }[] =
    [];
  #started = false;
  #at = 0;
  #run: Run | undefined;
  #memory = new MemorySeen();
  #histories = new Histories();
  root: Node | undefined;

  get states(): number {
    return this.#nodes.size;
  }

  watch(run: Run): void {
    this.#run = run;
  }

  begin(): boolean {
    if (this.#started) {
      let last = this.#path.at(-1);
      while (last !== undefined && ++last.choice >= last.arity) {
        this.#path.pop();
        last = this.#path.at(-1);
      }
      if (last === undefined) return false;
    }
    this.#started = true;
    this.#at = 0;
    this.#memory = new MemorySeen();
    this.#histories = new Histories();
    return true;
  }

  choose(kind: Kind, arity: number): number {
    if (kind === KIND.chance) return 0;
    const known = this.#path[this.#at++];
    if (known !== undefined) return known.choice;
    const key = this.#keyOf(kind);
    const node = this.#nodes.get(key);
    if (node !== undefined) {
      this.#link(node);
      throw new Known();
    }
    const made: Node = { next: [], count: undefined };
    this.#nodes.set(key, made);
    this.#link(made);
    this.#path.push({ node: made, key, choice: 0, arity });
    return 0;
  }

  #link(node: Node): void {
    const from = this.#path.at(-1);
    if (from === undefined) this.root = node;
    else from.node.next.push(node);
  }

  /** Within a step no state is looked at: a decision there is known by the way that led to it. */
  #keyOf(kind: Kind): string {
    if (kind === KIND.step) return this.#stateKey();
    const from = this.#path.at(-1);
    return `${from?.key ?? ''}\n${from?.choice ?? ''} ${kind}`;
  }

  #stateKey(): string {
    const { world } = this.#run as Run;
    const state = kernelState(world, this.#memory, world.nowMs);
    const lines: string[] = [this.#histories.key];
    for (const [what, value] of state) lines.push(`${what} ${value}`);
    return lines.join('\n');
  }

  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    this.#memory.note(call);
    this.#histories.stepped(task, call, result);
  }

  end(): void {
    const outcome = this.#histories.outcome(this.#run?.failure);
    this.outcomes.add(outcome);
    const key = `end ${outcome}`;
    const end = this.#nodes.get(key) ?? { next: [], count: 1n };
    this.#nodes.set(key, end);
    this.#link(end);
  }
}
