import { ROOT } from '../../root.ts';
import { stackOf } from '../../sys/thrown.ts';
import { fileUrlOf, placeOfFrame, relativePlace, slashedPath } from './places.ts';

/** The first line of the stack outside heddle's own sources: `src/server.ts:22:11`. */
export function callerLine(): string {
  const stack = new Error().stack ?? '';
  return userFrame(stack) ?? '';
}

/** The URL of the file that calls, outside heddle's own sources. */
export function callerUrl(): URL {
  const line = callerLine().replace(/:\d+:\d+$/, '');
  return new URL(encodeURI(line), `${fileUrlOf(process.cwd())}/`);
}

/**
 * The first frame of a stack that is neither heddle's own nor the runtime's, relative to the
 * current folder.
 */
export function userFrame(stack: string): string | undefined {
  return userFramesOf(stack).next().value?.place;
}

/** So many places behind the first are kept of a step, of which there are thousands. */
const CALLERS_MAX = 8;

/**
 * By which of the user's places, behind the first, a stack has come there: the innermost first, a
 * line each, with the function's name behind a tab: `src/server.ts:22:11\tasync answer`.
 */
export function callersIn(stack: string): string {
  return [...userFramesOf(stack)]
    .slice(1, 1 + CALLERS_MAX)
    .map(({ place, name }) => `${place}\t${name}`)
    .join('\n');
}

function* userFramesOf(stack: string): Generator<{ place: string; name: string }, undefined> {
  for (const line of stack.split('\n')) {
    const script = placeOfFrame(line);
    if (script === undefined || !isUserScript(script)) continue;
    // Relative even where it lies outside: what is written down is to be found on another machine.
    const place = relativePlace(process.cwd(), script);
    yield { place, name: /^\s*at (.*?) \(/.exec(line)?.[1] ?? '' };
  }
}

/**
 * The line of a program that a stack comes from: the user's, or else that of the package which was
 * at work, from its folder on; empty where neither is known.
 */
export function placeIn(stack: string): string {
  const own = userFrame(stack);
  if (own !== undefined) return own;
  for (const line of stack.split('\n')) {
    const place = placeOfFrame(line);
    const folder = place?.lastIndexOf(PACKAGES) ?? -1;
    if (place !== undefined && folder >= 0 && !OWN.test(place)) {
      return place.slice(folder + PACKAGES.length);
    }
  }
  return '';
}

const PACKAGES = '/node_modules/';

/** The user's line that a stack leads to; undefined where heddle's own code is at its top. */
export function askerOf(stack: string): string | undefined {
  const top = stack.split('\n').find((line) => placeOfFrame(line) !== undefined) ?? '';
  return OWN.test(placeOfFrame(top) ?? '') ? undefined : userFrame(stack);
}

/**
 * What a program has thrown, as the cause of the error that reports it; heddle's own frames in its
 * stack help nobody.
 */
export function asCause(error: unknown): ErrorOptions {
  if (error === undefined) return {};
  const stack = stackOf(error);
  // A stack that cannot be set stays as it is.
  if (stack !== undefined) Reflect.set(error as Error, 'stack', withoutOwnFrames(stack));
  return { cause: error };
}

function withoutOwnFrames(stack: string): string {
  const isOwn = (line: string): boolean => OWN.test(placeOfFrame(line) ?? '');
  return stack
    .split('\n')
    .filter((line) => !isOwn(line))
    .join('\n');
}

/** Whether a script is the user's, by its path or URL. */
export function isUserScript(script: string): boolean {
  const path = slashedPath(script);
  return !(OWN.test(path) || OTHERS.test(path));
}

/** The folder of heddle's own modules, `…/src/` or `…/dist/`, as a path. */
const OWN_FOLDER = slashedPath(ROOT.href);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * heddle's own machinery, named as above; its models and scenarios count as the user's
 * program.
 */
const OWN = new RegExp(`${escaped(OWN_FOLDER)}(?!models/(?!userland/)|scenarios/)`);
const OTHERS = /node:|\/node_modules\//;
