import { type Address, type Program, type Sys, SysError } from '../../sys/index.ts';
import { PythonError } from './errors.ts';

/** What Python raises when bytes are no UTF-8. */
export class UnicodeDecodeError extends PythonError {
  override readonly name = 'UnicodeDecodeError';
}

// Python keeps a byte order mark; a TextDecoder drops it unless told otherwise.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** `data.decode()`. */
export function decode(data: Uint8Array): string {
  try {
    return strict.decode(data);
  } catch {
    throw new UnicodeDecodeError(`'utf-8' codec can't decode ${undecodable(data)}`);
  }
}

/** How long a character is by its first byte, and where its second byte has to lie; 0: none. */
function leadOf(byte: number): readonly [length: number, from: number, to: number] {
  if (byte < 0x80) return [1, 0, 0];
  if (byte < 0xc2) return [0, 0, 0];
  if (byte < 0xe0) return [2, 0x80, 0xbf];
  if (byte < 0xf0) return [3, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf];
  if (byte < 0xf5) return [4, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf];
  return [0, 0, 0];
}

/** Of bytes that are no UTF-8, the first that are wrong, and why, in CPython's words. */
function undecodable(data: Uint8Array): string {
  let start = 0;
  for (;;) {
    const first = data[start] as number;
    const [length, from, to] = leadOf(first);
    if (length === 0) return `${bytesAt(first, start, 1)}: invalid start byte`;
    let good = 1;
    while (good < length && start + good < data.length) {
      const byte = data[start + good] as number;
      if (byte < (good === 1 ? from : 0x80) || byte > (good === 1 ? to : 0xbf)) break;
      good++;
    }
    if (good === length) {
      start += length;
      continue;
    }
    const why =
      start + good === data.length ? 'unexpected end of data' : 'invalid continuation byte';
    return `${bytesAt(first, start, good)}: ${why}`;
  }
}

function bytesAt(first: number, start: number, count: number): string {
  if (count > 1) return `bytes in position ${start}-${start + count - 1}`;
  return `byte 0x${first.toString(16).padStart(2, '0')} in position ${start}`;
}

/** `data.decode(errors='replace')`. */
export function decodeLeniently(data: Uint8Array): string {
  return lenient.decode(data);
}

/** `text.encode()`. */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** `a + b` of two bytes objects. */
export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

const NEWLINE: Uint8Array = encoder.encode('\n');

/**
 * `print(line)` to descriptor 1: the text and the line's end are two writes, and another thread may
 * come between them. Whoever reads descriptor 1 may keep the program waiting, or be gone:
 * BrokenPipeError.
 *
 * # As under `python -u`. Where Python buffers what it prints, the same happens in its buffer.
 */
export function* print(sys: Sys, line: string): Program {
  const text = encoder.encode(line);
  if (text.length > 0) yield* writeAll(sys, 1, text);
  yield* writeAll(sys, 1, NEWLINE);
}

/** A write, and further ones until all of it has been taken; interrupted ones are made again. */
export function* writeAll(sys: Sys, fd: number, bytes: Uint8Array): Program {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(yield* sys.write(fd, rest));
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'EINTR')) throw error;
    }
  }
}

/**
 * What the interpreter itself has to say, on descriptor 2; where that is full or gone, nobody is
 * told. # One write, where CPython makes several
 */
export function* printError(sys: Sys, text: string): Program {
  try {
    yield* writeAll(sys, 2, encoder.encode(text));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

/** An address as Python shows it: `('127.0.0.1', 40000)`. */
export function addressText(address: Address): string {
  return 'path' in address ? `'${address.path}'` : `('${address.host}', ${address.port})`;
}

/** `repr(data)`: `b'Hello, world'`. */
export function bytesText(data: Uint8Array): string {
  let text = '';
  let quote = "'";
  for (const byte of data) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte === 0x0a) text += '\\n';
    else if (byte === 0x0d) text += '\\r';
    else if (byte === 0x09) text += '\\t';
    else if (byte < 0x20 || byte > 0x7e) text += `\\x${byte.toString(16).padStart(2, '0')}`;
    else text += String.fromCharCode(byte);
  }
  if (text.includes("'")) {
    if (text.includes('"')) text = text.replaceAll("'", "\\'");
    else quote = '"';
  }
  return `b${quote}${text}${quote}`;
}
