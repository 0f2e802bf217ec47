/** RESP, Redis' protocol, versions 2 and 3 ("Redis serialization protocol specification"). */
import { latin1 } from './message.ts';

const CR = 13;
const LF = 10;
/** Longer ones Redis does not take either. */
const BULK_BYTES_MAX = 512 * 1024 * 1024;

/** A line, and the bytes behind it if it is the head of a bulk string. */
export interface Element {
  /** The letter that it begins with. */
  readonly type: string;
  readonly line: string;
  /** Of a bulk string; undefined for nil and for what is none. */
  readonly content: Uint8Array | undefined;
  /** So many values follow that belong to it. */
  readonly more: number;
  readonly end: number;
}

/** The element that begins there; undefined until it is whole. */
export function elementAt(bytes: Uint8Array, from: number): Element | undefined {
  const at = bytes.indexOf(LF, from);
  if (at < 0) return undefined;
  const type = String.fromCharCode(bytes[from] as number);
  const line = latin1(bytes.subarray(from + 1, bytes[at - 1] === CR ? at - 1 : at));
  const count = Number(line);
  const isBulk = '$=!'.includes(type) && count >= 0 && count <= BULK_BYTES_MAX;
  const end = at + 1 + (isBulk ? count + 2 : 0);
  if (bytes.length < end) return undefined;
  const content = isBulk ? bytes.subarray(at + 1, end - 2) : undefined;
  return { type, line, content, more: count > 0 ? moreOf(type, count) : 0, end };
}

function moreOf(type: string, count: number): number {
  if ('*~>'.includes(type)) return count;
  if (type === '%') return 2 * count;
  // An attribute stands before what it is of.
  return type === '|' ? 2 * count + 1 : 0;
}

/** Where a value ends that begins there; undefined until it is whole. */
export function valueEnd(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  for (let left = 1; left > 0; left--) {
    const element = elementAt(bytes, at);
    if (element === undefined) return undefined;
    left += element.more;
    at = element.end;
  }
  return at;
}
