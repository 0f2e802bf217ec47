import { createHash } from 'node:crypto';
import { PINNED, pinnedScript } from './lua.ts';

/** The words of a command, the first of them its name. */
export type Words = readonly (Buffer | string)[];

/** The names of a command and of its subcommand, in capitals. */
export const nameOf = (words: Words): string => String(words[0]).toUpperCase();
export const subOf = (words: Words): string => String(words[1] ?? '').toUpperCase();

const SUBSCRIBING = /^[PS]?(?:UN)?SUBSCRIBE$/;
/** It is answered by as many messages as it has channels. */
export const isSubscription = (name: string): boolean => SUBSCRIBING.test(name);

/** It has what is not asked for sent to the client from then on. */
export function hears(words: Words): boolean {
  const name = nameOf(words);
  return SUBSCRIBING.test(name) || (name === 'CLIENT' && subOf(words) === 'TRACKING');
}

// ---- waits ----

/** Where the time-out stands of what waits for others; a negative place counts from the end. */
const TIMEOUTS: Readonly<Record<string, { readonly at: number; readonly unitMs: number }>> = {
  BLPOP: { at: -1, unitMs: 1e3 },
  BRPOP: { at: -1, unitMs: 1e3 },
  BRPOPLPUSH: { at: -1, unitMs: 1e3 },
  BLMOVE: { at: -1, unitMs: 1e3 },
  BZPOPMIN: { at: -1, unitMs: 1e3 },
  BZPOPMAX: { at: -1, unitMs: 1e3 },
  BLMPOP: { at: 1, unitMs: 1e3 },
  BZMPOP: { at: 1, unitMs: 1e3 },
  WAIT: { at: 2, unitMs: 1 },
  WAITAOF: { at: 3, unitMs: 1 },
};

/** A command that may wait for what others do. */
export interface Wait {
  /** In milliseconds of virtual time; 0 is never. */
  readonly timeoutMs: number;
  /** The command, without a time-out of the engine's. */
  readonly words: Words;
}

/** Undefined for what never waits, and for what Redis refuses. */
export function waitOf(words: Words): Wait | undefined {
  const name = nameOf(words);
  const place = TIMEOUTS[name] ?? (/^XREAD(?:GROUP)?$/.test(name) ? blockOf(words) : undefined);
  if (place === undefined) return undefined;
  const at = place.at < 0 ? words.length + place.at : place.at;
  const number = Number(words[at]);
  if (!(number >= 0 && number < Number.POSITIVE_INFINITY)) return undefined;
  const untimed = words.map((word, i) => (i === at ? '0' : word));
  return { timeoutMs: number * place.unitMs, words: untimed };
}

function blockOf(words: Words): { readonly at: number; readonly unitMs: number } | undefined {
  const names = words.map((word) => String(word).toUpperCase());
  const at = names.indexOf('BLOCK');
  return at < 0 || at > names.indexOf('STREAMS') ? undefined : { at: at + 1, unitMs: 1 };
}

// ---- time and chance ----

/** Whether it may set a deadline that the library has not told of. */
export const mayExpire = (name: string): boolean =>
  PINNED.has(name) || /^(?:EVAL|FCALL|EXEC)/.test(name);

/** Whether the library has to know the time for it. */
export const asksTime = (name: string): boolean => PINNED.has(name) || name === 'EXEC';

const hashOf = (text: Uint8Array): string => createHash('sha1').update(text).digest('hex');

/** The scripts of one run, under the names that their clients know them by. */
export class Scripts {
  readonly #hashes = new Map<string, string>();
  #count = 0;

  /** @param micros since 1970, in the run */
  rewritten(words: Words, micros: string): Words {
    const [name, sub] = [nameOf(words), subOf(words)];
    if (name === 'SCRIPT' && sub === 'LOAD') return [...words.slice(0, 2), this.#made(words[2])];
    if (name === 'SCRIPT' && sub === 'EXISTS') {
      return [...words.slice(0, 2), ...words.slice(2).map((hash) => this.#hashOf(hash))];
    }
    if (!/^EVAL(?:SHA)?(?:_RO)?$/.test(name)) return words;
    const [first = '', text, ...more] = words;
    const script = name.startsWith('EVALSHA') ? this.#hashOf(text) : this.#made(text);
    return [first, script, ...more, micros, String(++this.#count)];
  }

  #made(text: Buffer | string = ''): Buffer {
    const script = Buffer.from(text);
    const made = pinnedScript(script);
    this.#hashes.set(hashOf(script), hashOf(made));
    return made;
  }

  #hashOf(hash: Buffer | string = ''): string {
    return this.#hashes.get(String(hash).toLowerCase()) ?? String(hash);
  }
}

/** The answer to SCRIPT LOAD: the name by which the client knows its script. */
export const hashReply = (text: Buffer | string): Buffer =>
  Buffer.from(`$40\r\n${hashOf(Buffer.from(text))}\r\n`);

// ---- who a client is ----

/** Any user and password will do; a client's number is that of its connection in the run. */
export function identified(
  words: Words,
  number: number,
  engineId: (number: number) => number,
): Words {
  const [name, sub] = [nameOf(words), subOf(words)];
  if (name === 'AUTH') return ['AUTH', 'default', words.at(-1) ?? ''];
  if (name === 'HELLO') {
    const at = words.findIndex((word) => String(word).toUpperCase() === 'AUTH');
    return at < 0 ? words : words.map((word, i) => (i === at + 1 ? 'default' : word));
  }
  if (name !== 'CLIENT') return words;
  if (sub === 'ID' && words.length === 2) return ['FCALL', 'heddle_number', '0', String(number)];
  return words.map((word, i) => {
    const before = String(words[i - 1]).toUpperCase();
    const isId = before === 'UNBLOCK' || before === 'ID' || before === 'REDIRECT';
    return isId ? String(engineId(Number(word))) : word;
  });
}

/** An option of SET without which it has nothing to do with time. */
const TIMED = /^(?:EX|PX|EXAT|PXAT)$/i;

/** By the library, if it hangs on time or chance. */
export function pinned(words: Words): Words {
  const name = nameOf(words);
  const isPinned =
    name === 'SET' ? words.slice(3).some((word) => TIMED.test(String(word))) : PINNED.has(name);
  return isPinned ? ['FCALL', 'heddle', '0', ...words] : words;
}

// ---- what is not pinned ----

/** What the engine takes from its machine whatever heddle does, each with how it is called. */
const UNPINNED: readonly (readonly [RegExp, string])[] = [
  [/\b(?:HRANDFIELD|ZRANDMEMBER)\b/i, 'a member drawn by HRANDFIELD or ZRANDMEMBER'],
  [
    /\bOBJECT (?:IDLETIME|FREQ)|\bX(?:PENDING|CLAIM|AUTOCLAIM|INFO)\b/i,
    'how long something is idle',
  ],
  [/\bH(?:P?EXPIRE|P?TTL|SETEX|GETEX)/i, 'the time of a field of a hash'],
  [/^(?:CLIENT (?:LIST|INFO)|SLOWLOG|LATENCY|MEMORY|LASTSAVE|COMMAND)\b/i, 'a view of the server'],
  [/^CONFIG GET \S*\*/i, 'the order of settings'],
  [/^(?:FUNCTION LOAD|FCALL)/i, "the time within a program's own functions"],
];

/** What of a command no schedule controls, in words; empty for most. */
export function unpinnedIn(words: Words): string[] {
  const name = nameOf(words);
  const text = name.startsWith('EVAL') || name === 'SCRIPT' ? words : words.slice(0, 3);
  const line = text.map((word) => word.toString('latin1')).join(' ');
  return UNPINNED.filter(([pattern]) => pattern.test(line)).map(([, what]) => what);
}

/** Whether what it changes outlives FLUSHALL. */
export function spoils(words: Words): boolean {
  const name = nameOf(words);
  if (name === 'CONFIG') return subOf(words) !== 'GET';
  if (name === 'FUNCTION') return !/^(?:LIST|DUMP|STATS)$/.test(subOf(words));
  return name === 'ACL' && /^(?:SETUSER|DELUSER|LOAD)$/.test(subOf(words));
}

/** As reports name it: `BLPOP jobs`. */
export const headOf = (words: Words): string =>
  [nameOf(words), ...words.slice(1, 2).map((word) => String(word))].join(' ');
