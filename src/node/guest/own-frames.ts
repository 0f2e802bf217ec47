import type { Internal, Internals } from './internals.ts';
import type { Present } from './present.ts';

/** The folder of heddle's code, as frames of stacks name it. */
const OWN = scriptOf(new Error().stack?.split('\n')[1] ?? '').replace(
  /(?:node\/guest\/own-frames\.[jt]s|[^/]*)$/,
  '',
);
/** Heddle's functions that call the program's where C++ would. */
const CALLERS: ReadonlySet<string | null> = new Set(['run', 'drain', 'draining']);
/** Node's own, which stand between these and the program's where C++ alone does. */
const BETWEEN: ReadonlySet<string | null> = new Set(['callbackTrampoline', 'runNextTicks']);

/** Whether a script is heddle's. */
export const isOwn = (script: string): boolean => OWN !== '' && script.startsWith(OWN);

/** `/home/me/server.mjs` of a frame of a stack. */
export function scriptOf(frame: string): string {
  return /(?:\(|at (?:async )?)([^()]+?):\d+:\d+\)?$/.exec(frame)?.[1] ?? '';
}

/**
 * Under Node a stack ends where C++ has called JavaScript. Here it is heddle that calls, so stacks
 * end above that, wherever they are printed; what was awaited comes after it, as under Node.
 */
export function endStacks({ internalBinding, requireBuiltin }: Internals, present: Present): void {
  const { prepareStackTraceCallback } = requireBuiltin('internal/errors');
  internalBinding('errors').setPrepareStackTraceCallback(
    (realm: Internal, error: Internal, trace: NodeJS.CallSite[]): Internal =>
      prepareStackTraceCallback(realm, error, present.now === undefined ? trace : ended(trace)),
  );
}

function ended(trace: readonly NodeJS.CallSite[]): readonly NodeJS.CallSite[] {
  const called = trace.filter((site) => !site.isAsync());
  const own = called.map((site) => isOwn(site.getScriptNameOrSourceURL() ?? ''));
  const top = own.indexOf(false);
  const names = called.map((site) => site.getFunctionName());
  let end = names.findIndex((name, at) => at > top && own[at] && CALLERS.has(name));
  // The rest of a deep stack is not in the trace.
  if (end < 0 && own.at(-1)) end = called.length;
  if (top < 0 || end < 0) return trace;
  while (end - 1 > top && (own[end - 1] || BETWEEN.has(names[end - 1] ?? null))) end--;
  // As C++ it has no frames, but for those in which an error of its own was made.
  const program = called.slice(0, end).filter((_, at) => at < top || !own[at]);
  return [...program, ...trace.filter((site) => site.isAsync())];
}
