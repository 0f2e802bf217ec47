import { ROOT } from '../../root.ts';
import { stackOf } from '../../sys/thrown.ts';

/** The first line of the stack outside heddle's own sources: `src/server.ts:22:11`. */
export function callerLine(): string {
  const stack = new Error().stack ?? '';
  return userFrame(stack) ?? '';
}

/** The URL of the file that calls, outside heddle's own sources. */
export function callerUrl(): URL {
  const line = callerLine().replace(/:\d+:\d+$/, '');
  return new URL(encodeURI(line), `file://${encodeURI(process.cwd())}/`);
}

/**
 * The first frame of a stack that is neither heddle's own nor the runtime's, relative to the
 * current folder.
 */
export function userFrame(stack: string): string | undefined {
  for (const line of stack.split('\n')) {
    const place = placeOf(line);
    if (place === undefined || !isUserScript(place)) continue;
    // Relative even where it lies outside: what is written down is to be found on another machine.
    return relative(process.cwd(), place);
  }
  return undefined;
}

/**
 * The line of a program that a stack comes from: the user's, or else that of the package which was
 * at work, from its folder on; empty where neither is known.
 */
export function placeIn(stack: string): string {
  const own = userFrame(stack);
  if (own !== undefined) return own;
  for (const line of stack.split('\n')) {
    const place = placeOf(line);
    const folder = place?.lastIndexOf(PACKAGES) ?? -1;
    if (place !== undefined && folder >= 0 && !OWN.test(place)) {
      return place.slice(folder + PACKAGES.length);
    }
  }
  return '';
}

const PACKAGES = '/node_modules/';

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
  const isOwn = (line: string): boolean => OWN.test(placeOf(line) ?? '');
  return stack
    .split('\n')
    .filter((line) => !isOwn(line))
    .join('\n');
}

/** Whether a script is the user's, by its path or URL. */
export function isUserScript(script: string): boolean {
  return !(OWN.test(script) || OTHERS.test(script));
}

/** The folder of heddle's own modules, `…/src/` or `…/dist/`, as a path. */
const OWN_FOLDER = pathOf(ROOT.href);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * heddle's own machinery, as a path or as a URL; its models and scenarios count as the user's
 * program.
 */
const OWN = new RegExp(
  `(?:${escaped(OWN_FOLDER)}|${escaped(encodeURI(OWN_FOLDER))})(?!models/(?!userland/)|scenarios/)`,
);
const OTHERS = /node:|\/node_modules\//;

/**
 * `/home/me/a folder/server.ts:22:11` of a frame of a stack, whose place may be a URL; undefined
 * where there is none.
 */
function placeOf(line: string): string | undefined {
  const match = /^\s*at (?:.*?\((.+:\d+:\d+)\)|(?:async )?(.+:\d+:\d+))$/.exec(line);
  const place = match?.[1] ?? match?.[2];
  if (place === undefined || !/^(?:file:\/\/)?\//.test(place)) return undefined;
  return pathOf(place);
}

/** The path of a file URL; what is none is given back. */
function pathOf(place: string): string {
  if (!place.startsWith('file://')) return place;
  try {
    return decodeURIComponent(place.slice('file://'.length));
  } catch {
    return place.slice('file://'.length);
  }
}

/** The way from one folder to a file; both are absolute. */
function relative(folder: string, file: string): string {
  const from = folder.split('/').filter((name) => name !== '');
  const to = file.split('/').slice(1);
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared++;
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)].join('/');
}
