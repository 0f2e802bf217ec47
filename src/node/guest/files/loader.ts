import type { Internal } from '../internals.ts';

/** Whoever asks has fewer frames of Node's file system above it. */
const FRAMES_MAX = 16;

/**
 * Whether it is Node's loader that asks, for the sake of code: the innermost frame that is not of
 * the file system itself is its.
 */
export function isLoader(asked: Internal): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const here: { stack?: Internal } = {};
  Error.stackTraceLimit = FRAMES_MAX;
  Error.prepareStackTrace = (_, frames) => frames;
  Error.captureStackTrace(here, asked);
  const frames = here.stack as NodeJS.CallSite[];
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace as never;
  for (const frame of frames) {
    const file = frame.getFileName();
    if (file === null || file === undefined || OF_FILES.test(file)) continue;
    return file.startsWith('node:internal/modules/');
  }
  return false;
}

const OF_FILES = /^node:(?:fs|internal\/fs\/|internal\/util$)/;
