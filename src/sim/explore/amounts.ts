/**
 * What words mean that say how much is to be searched: on the command line, and in the environment.
 * Loads nothing: every command begins with it.
 */

/** How a word is read. */
export interface Amount<T> {
  /** Undefined if the word means nothing. */
  readonly read: (text: string) => T | undefined;
  /** What it has to be. */
  readonly is: string;
}

/** A part of a search, for those who share it among machines. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  /** How many parts there are. */
  readonly of: number;
}

export const COUNT: Amount<number> = {
  read: (text) => {
    const count = text === '' ? 0 : Number(text.replaceAll(',', '').replaceAll('_', ''));
    return Number.isInteger(count) && count >= 1 ? count : undefined;
  },
  is: 'a whole number of at least 1',
};

/** 32 bits, decimal or hexadecimal. */
export const SEED: Amount<number> = {
  read: (text) => {
    const seed = text === '' ? Number.NaN : Number(text);
    return Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff ? seed : undefined;
  },
  is: 'a whole number from 0 to 4294967295, as 7 or 0x5eed',
};

/** `90`, `90s`, `2m`, `500ms`; in milliseconds. */
export const TIME_SPAN: Amount<number> = {
  read: (text) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
    if (match === null || Number(match[1]) === 0) return undefined;
    const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] as number;
    return Number(match[1]) * unit;
  },
  is: 'a time such as 30s, 2m or 500ms',
};

export const SHARD: Amount<Shard> = {
  read: (text) => {
    const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
    if (index === undefined || of === undefined || index < 1 || index > of) return undefined;
    return { index, of };
  },
  is: 'which part of how many, from 1/N to N/N, as 3/10',
};

/** `3/10`. */
export function shardText({ index, of }: Shard): string {
  return `${index}/${of}`;
}
