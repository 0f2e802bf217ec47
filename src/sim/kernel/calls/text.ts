/** The words that the rows of several syscalls share. What is printed is for people. */

import {
  pollMaskText,
  SIGALRM,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGIO,
  SIGKILL,
  SIGPIPE,
  SIGSTOP,
  SIGTERM,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
} from '../../../sys/constants.ts';
import type { FileStatus } from '../../../sys/sys.ts';

/** A word or two: what the bytes are, beside who sent them, in one row. */
const PREVIEW_BYTES_MAX = 24;

/** Bytes as text in quotes where they can be read, else as `16 B 00ff…`. */
export function bytesText(bytes: Uint8Array, bytesMax: number = PREVIEW_BYTES_MAX): string {
  if (bytes.length === 0) return '0 B';
  const head = bytes.subarray(0, bytesMax);
  const more = bytes.length > head.length ? '…' : '';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: more === '' }).decode(head);
  } catch {
    text = '\0';
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (!/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]/.test(text)) {
    const size = more === '' ? '' : ` (${bytes.length} B)`;
    return `${JSON.stringify(text + more)}${size}`;
  }
  const hex = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${bytes.length} B ${hex}${bytes.length > 8 ? '…' : ''}`;
}

/** What a read gave. */
export function receivedText(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'end of stream' : bytesText(bytes);
}

/** What a write took of what it was offered: `3 of 5 B`. */
export function takenText(taken: number, offered: number): string {
  return taken < offered ? `${taken} of ${offered} B` : `${taken} B`;
}

/** A value as JSON; empty for one that has none: a circle, a BigInt inside, a function. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}

/** What a cell holds, in short; in a word what has no text of its own. */
export function cellText(value: unknown): string {
  if (typeof value === 'function') return 'function';
  const text = typeof value === 'object' ? jsonText(value) || '{…}' : String(value);
  return text.length > PREVIEW_BYTES_MAX ? `${text.slice(0, PREVIEW_BYTES_MAX)}…` : text;
}

/** `, at most 50 ms`; empty for a timeout below zero, which is none. */
export function timeoutText(timeoutNs: number): string {
  return timeoutNs < 0 ? '' : `, at most ${timeoutNs / 1e6} ms`;
}

const SIGNAL_NAMES: ReadonlyMap<number, string> = new Map([
  [SIGHUP, 'SIGHUP'],
  [SIGINT, 'SIGINT'],
  [SIGKILL, 'SIGKILL'],
  [SIGUSR1, 'SIGUSR1'],
  [SIGUSR2, 'SIGUSR2'],
  [SIGPIPE, 'SIGPIPE'],
  [SIGALRM, 'SIGALRM'],
  [SIGTERM, 'SIGTERM'],
  [SIGCHLD, 'SIGCHLD'],
  [SIGCONT, 'SIGCONT'],
  [SIGSTOP, 'SIGSTOP'],
  [SIGURG, 'SIGURG'],
  [SIGWINCH, 'SIGWINCH'],
  [SIGIO, 'SIGIO'],
]);

/** `SIGCHLD`; a signal without a name of its own is `signal 44`. */
export function signalName(signal: number): string {
  return SIGNAL_NAMES.get(signal) ?? `signal ${signal}`;
}

/** `file, 5 B, 1 name`. */
export const statusText = ({ type, size, links }: FileStatus): string =>
  `${type}, ${type === 'file' ? `${size} B, ` : ''}${links} ${links === 1 ? 'name' : 'names'}`;

export const fdText = (fd: number): string => `fd ${fd}`;

/** `read 4,5 write 6`; sets that are empty or left out are not named. */
export function setsText(sets: {
  readonly read?: readonly number[];
  readonly write?: readonly number[];
  readonly except?: readonly number[];
}): string {
  const named = (name: string, fds: readonly number[] = []): string[] =>
    fds.length === 0 ? [] : [`${name} ${fds.join(',')}`];
  return [
    ...named('read', sets.read),
    ...named('write', sets.write),
    ...named('except', sets.except),
  ].join(' ');
}

/** `4:POLLIN 5:POLLOUT`. */
export function masksText(masks: readonly (readonly [number, number])[]): string {
  return masks.map(([fd, mask]) => `${fd}:${pollMaskText(mask)}`).join(' ');
}
