/**
 * What arguments of the command line mean. Loads nothing that is simulated: every command begins
 * here.
 */
import { InvalidArgumentError } from 'commander';
import { type Amount, COUNT, SEED, SHARD, type Shard, TIME_SPAN } from '../sim/explore/amounts.ts';

const reader =
  <T>({ read, is }: Amount<T>) =>
  (text: string): T => {
    const value = read(text);
    if (value === undefined) throw new InvalidArgumentError(`it must be ${is}.`);
    return value;
  };

/** A whole number of at least one. */
export const parseCount: (text: string) => number = reader(COUNT);
/** 32 bits, decimal or hexadecimal. */
export const parseSeed: (text: string) => number = reader(SEED);
/** `90`, `90s`, `2m`, `500ms`; gives milliseconds. */
export const parseTime: (text: string) => number = reader(TIME_SPAN);
/** `3/10`: the third of ten parts. */
export const parseShard: (text: string) => Shard = reader(SHARD);

/** A whole number from 0. */
export function parseBound(text: string): number {
  const bound = Number(text);
  if (!Number.isInteger(bound) || bound < 0) {
    throw new InvalidArgumentError('it must be a whole number of at least 0.');
  }
  return bound;
}

/** A whole number from 1 to `countMax`. */
export function parseCountUpTo(countMax: number): (text: string) => number {
  return (text) => {
    const count = parseCount(text);
    if (count > countMax) throw new InvalidArgumentError(`it must be at most ${countMax}.`);
    return count;
  };
}

/** What names have to match, as vitest's -t: a regular expression, whatever its letters' case. */
export function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}

/** `5` or `1-20`, in milliseconds. */
export function parseLatency(text: string): { latencyMsMin: number; latencyMsMax: number } {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const [, min, max = min] = match ?? [];
  if (min === undefined || Number(min) > Number(max)) {
    throw new InvalidArgumentError('it must be milliseconds, as 5 or 1-20.');
  }
  return { latencyMsMin: Number(min), latencyMsMax: Number(max) };
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError('it must be a port from 0 to 65535; 0 takes a free one.');
  }
  return port;
}

/**
 * Whether an argument names a file of scenarios rather than a model: models are words, files have
 * an extension.
 */
export function isScenarioFile(argument: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(argument);
}
