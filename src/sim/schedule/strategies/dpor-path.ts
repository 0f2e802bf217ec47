import type { Aftermath } from './partial-order.ts';

/** What has become of an alternative: nothing yet; to be tried; being tried; tried; sleeping. */
export const IDLE = 0;
export const TODO = 1;
export const NOW = 2;
export const TRIED = 3;
export const ASLEEP = 4;

/** A decision about who moves, on the path to the present run. */
export interface Fork {
  readonly isFork: true;
  /** Its place on the path. */
  readonly depth: number;
  /** -1 between two alternatives. */
  choice: number;
  /** Events that had happened, and objects that had a number. */
  readonly event: number;
  readonly known: number;
  /**
   * By alternative: the mover's number, what has become of it, and what its step touched beyond its
   * footprint.
   */
  readonly movers: readonly number[];
  readonly states: number[];
  readonly aftermaths: (Aftermath | null | undefined)[];
  /** Since when each that sleeps has slept, as {@link known} of its fork. */
  readonly knownBy: (number | null)[];
}

/** A decision of another kind: every alternative up to `limit` is tried. */
export interface Draw {
  readonly isFork: false;
  choice: number;
  readonly limit: number;
  readonly event: number;
}

/** A decision of which alternatives are left to try, or were. */
export type PathNode = Fork | Draw;

/** An alternative of a fork that a race asks for: the fork's place on the path, and its number. */
export type Wanted = readonly [depth: number, alternative: number];

/**
 * A part of a search between two of its runs, as plain data: a subtree below the first `floor`
 * decisions of the path. What is left to try at those, other parts see to. Numbers of movers and
 * objects on it mean the same in every run that begins so (see {@link PartialOrder}), so any
 * process can go on with it.
 */
export interface SearchPart {
  /** A run has been made. */
  readonly started: boolean;
  readonly path: PathNode[];
  floor: number;
}

/** All of a search, before its first run. */
export const wholeSearch = (): SearchPart => ({
  started: false,
  path: [],
  floor: 0,
});

/**
 * Whether there is something to try without leaving the first `pinned` decisions, on which other
 * parts hang.
 */
export function hasMore({ started, path, floor }: SearchPart, pinned: number): boolean {
  if (!started) return true;
  return path.slice(Math.max(floor, pinned - 1)).some(isOpen);
}

/** Whether something is left at one of the first `depth` decisions, so that it may be divided. */
export function isDivisible({ started, path, floor }: SearchPart, depth: number): boolean {
  return !started || path.slice(floor, depth).some(isOpen);
}

function isOpen(node: PathNode): boolean {
  return node.isFork ? node.states.includes(TODO) : node.choice + 1 < node.limit;
}

/**
 * Divide a part in two: what it is just about stays with it, and all that is left at the first
 * decision where something is, and before, goes to a new part. Undefined if that cannot be, at any
 * of the first `depth` decisions.
 *
 * This waits until the step that was taken there has had all of its outcomes: whoever tries another
 * step first has to know what any of them touches.
 */
export function split(
  part: SearchPart,
  depth: number = Number.POSITIVE_INFINITY,
): SearchPart | undefined {
  const { path, floor } = part;
  for (let at = floor; at < Math.min(depth, path.length - 1); at++) {
    const node = path[at] as PathNode;
    if (!isOpen(node) || !isSettled(node, at, path)) continue;
    const given = structuredClone(path.slice(0, at + 1));
    part.floor = at + 1;
    return { started: true, path: given, floor };
  }
  return undefined;
}

function isSettled(node: PathNode, depth: number, path: readonly PathNode[]): boolean {
  if (node.isFork && node.aftermaths[node.choice] == null) return false;
  for (let at = depth + 1; at < path.length; at++) {
    const inner = path[at] as PathNode;
    if (inner.isFork || inner.event !== node.event) return true;
    if (isOpen(inner)) return false;
  }
  return true;
}

/** A race that another part has found asks for this. */
export function want({ path }: SearchPart, [depth, alternative]: Wanted): void {
  const fork = path[depth] as Fork;
  if (fork.states[alternative] === IDLE) fork.states[alternative] = TODO;
}

/**
 * The share of the whole search that is left to this part, from 0 to 1, if every subtree not yet
 * seen is as large as those beside it (Knuth, "Estimating the Efficiency of Backtrack Programs",
 * 1975). Races that are yet to be found make it more.
 */
export function shareLeft({ started, path, floor }: SearchPart): number {
  if (!started) return 1;
  let share = 1;
  let left = 0;
  for (const [at, node] of path.entries()) {
    let open = 0;
    let total = 0;
    if (node.isFork) {
      for (const state of node.states) {
        if (state === TODO) open++;
        if (state === TRIED || state === NOW || state === TODO) total++;
      }
    } else {
      open = Math.max(0, node.limit - node.choice - 1);
      total = node.limit;
    }
    if (total === 0) continue;
    if (at >= floor) left += (share * open) / total;
    share /= total;
  }
  return left;
}
