import type { Address, Program, Sys } from '../../sys/index.ts';

/** What Python raises when bytes are no UTF-8. */
export class UnicodeDecodeError extends Error {
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
    const readable = lenient.decode(data).split('\ufffd', 1)[0] as string;
    const position = encoder.encode(readable).length;
    throw new UnicodeDecodeError(
      `'utf-8' codec can't decode the bytes from position ${position} on`,
    );
  }
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

/** `print(line)`: one write to descriptor 1. */
export function* print(sys: Sys, line: string): Program {
  yield* sys.write(1, encoder.encode(`${line}\n`));
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
