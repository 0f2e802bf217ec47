import { InvalidArgumentError } from 'commander';
import { SCENARIOS } from '../scenarios/index.ts';
import { UsageError } from '../sys/errors.ts';

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

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError('it must be a port from 0 to 65535; 0 takes a free one.');
  }
  return port;
}

export const MODEL_IDS: readonly string[] = [...new Set(SCENARIOS.map(({ model }) => model.id))];

/** A model's id, or a message that lists them and names the nearest. */
export function checkModel(id: string): string {
  if (MODEL_IDS.includes(id)) return id;
  const nearest = nearestWord(id, MODEL_IDS);
  const hint = nearest === undefined ? '' : `did you mean ${nearest}? `;
  throw new UsageError(`there is no model "${id}"; ${hint}the models are: ${MODEL_IDS.join(', ')}`);
}

/** The word that was probably meant, if one is near enough. */
export function nearestWord(meant: string, words: readonly string[]): string | undefined {
  const nearest = [...words].sort((a, b) => distance(meant, a) - distance(meant, b))[0];
  return nearest !== undefined && distance(meant, nearest) <= 3 ? nearest : undefined;
}

/** Levenshtein's distance, for words of a few letters. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
