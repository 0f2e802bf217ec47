import type { World } from '../sim/schedule/world.ts';

/** The exit code of a program whose top level awaits what never comes (kUnsettledTopLevelAwait). */
export const UNSETTLED = 13;

/** One HTTP request, as one side has seen it. @since 0.1.0 */
export interface HttpExchange {
  /** Which end of the connection told of it. */
  readonly side: 'client' | 'server';
  /** The method of the request: `GET`. */
  readonly method: string;
  /** The path of the request with its query: `/seats?free=1`. */
  readonly path: string;
  /** The response's; undefined where it has not come, or has failed. */
  readonly status: number | undefined;
  /** Code or message of the error that ended it. */
  readonly error: string | undefined;
}

/** What is known of a program that was run, for laws. @since 0.1.0 */
export interface ProgramNotes {
  /** Undefined while it runs. */
  exitCode: number | undefined;
  /** With any other it has failed. */
  readonly exitCodeExpected: number | 'any';
  /** What it has said last, to stderr before stdout: a line each, empty where it said nothing. */
  readonly said: { out: string; err: string };
  /** How often it was taken away. */
  crashes: number;
  /**
   * What was open when it exited without having been asked to: `tcp server`, `tcp socket`, `timer`.
   */
  open: readonly string[];
  /** In the order in which they ended. */
  readonly exchanges: HttpExchange[];
  /** Work that nobody controls, and how often it was met: runs that contain it may differ. */
  readonly uncontrolled: Map<string, number>;
}

/**
 * The line of a text that says most: the first that is neither empty nor a frame of a stack, as of
 * an error that was printed.
 */
export function lineOf(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const line = lines.find((one) => one !== '' && !/^at .*:\d+\)?$/.test(one)) ?? '';
  return line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line;
}

/** Letters: a law's message is one sentence. */
const LINE_MAX = 120;

const all = new WeakMap<World, Map<string, ProgramNotes>>();

/**
 * What is known of the Node program that runs in the process of this name; undefined if there is
 * none.
 *
 * ```ts
 * world.finally('the server has said so', () => {
 *   const notes = programNotes(world, 'server');
 *   return notes?.said.out.includes('ready') ?? false;
 * });
 * ```
 *
 * @since 0.1.0
 */
export function programNotes(world: World, process: string): ProgramNotes | undefined {
  return notesOf(world).get(process);
}

/** Of all Node programs, by the names of their processes. */
export function notesOf(world: World): Map<string, ProgramNotes> {
  let notes = all.get(world);
  if (notes === undefined) {
    notes = new Map();
    all.set(world, notes);
  }
  return notes;
}

const SUSPECTS =
  'a Node program depends on what heddle does not control: files of the real machine that change, its environment, work of native addons';

/** What to look at where two runs of this program differ although their schedule is the same. */
export function suspectsOf(name: string, { uncontrolled }: ProgramNotes): string[] {
  const met = [...uncontrolled].map(([what, times]) => `${times} × ${what}`);
  return met.length === 0 ? [SUSPECTS] : [SUSPECTS, `uncontrolled in ${name}: ${met.join(', ')}`];
}
