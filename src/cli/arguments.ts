/**
 * What arguments of the command line mean. Loads nothing that is simulated: every command begins
 * here.
 */
import { InvalidArgumentError } from 'commander';

/** A whole number of at least one. */
export function parseCount(text: string): number {
  const count = Number(text.replaceAll(',', '').replaceAll('_', ''));
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError('it must be a whole number of at least 1.');
  }
  return count;
}

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

/** 32 bits, decimal or hexadecimal. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new InvalidArgumentError(
      'it must be a whole number from 0 to 4294967295, as 7 or 0x5eed.',
    );
  }
  return seed;
}

/** `90`, `90s`, `2m`, `500ms`; gives milliseconds. */
export function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null || Number(match[1]) === 0) {
    throw new InvalidArgumentError('it must be a time such as 30s, 2m or 500ms.');
  }
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] as number;
  return Number(match[1]) * unit;
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
