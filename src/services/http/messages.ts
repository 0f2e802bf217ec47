import {
  chunksOf,
  concatenated,
  type HttpBody,
  type HttpHead,
  headOf,
} from '../../sim/trace/protocols/http.ts';

/** A request as it came. */
export interface Asked {
  readonly request: Request;
  /** How many bytes it was. */
  readonly bytes: number;
  /** It is the last one of its connection. */
  readonly closes: boolean;
}

/** What came is no request. */
export class BadRequest extends Error {}

const BODYLESS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * The request that the bytes begin with (RFC 9112), or what is missing: more of it, or that it is
 * invited to go on.
 *
 * @param origin whose answer is asked for, unless the request says so
 * @throws BadRequest if it is none
 */
export function requestOf(bytes: Uint8Array, origin: string): Asked | 'more' | 'invitation' {
  const head = headOf(bytes);
  if (head === undefined) return 'more';
  const { first, headers } = head;
  const [, method, target, minor] = /^([!-~]+) (\S+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new BadRequest(first);
  const body = bodyOf(head, bytes.subarray(head.bytes));
  if (body === undefined) {
    return headers.get('expect')?.toLowerCase() === '100-continue' ? 'invitation' : 'more';
  }
  const { protocol, host } = new URL(origin);
  const closes = minor === '0' || headers.get('connection')?.toLowerCase() === 'close';
  try {
    const url = new URL(target, `${protocol}//${headers.get('host') ?? host}`);
    const content = BODYLESS.has(method) ? null : (body.content as Uint8Array<ArrayBuffer>);
    const request = new Request(url, { method, headers: [...headers], body: content });
    return { request, bytes: head.bytes + body.bytes, closes };
  } catch {
    // A method, an address or a header that the Fetch API does not have.
    throw new BadRequest(first);
  }
}

/** Section 6.3. Undefined while some of it is missing. */
function bodyOf({ first, headers }: HttpHead, rest: Uint8Array): HttpBody | undefined {
  if (headers.has('transfer-encoding')) return chunksOf(rest);
  const bytes = Number(headers.get('content-length') ?? 0);
  if (!Number.isSafeInteger(bytes)) throw new BadRequest(first);
  return rest.length < bytes ? undefined : { bytes, content: rest.subarray(0, bytes) };
}

/** What the sender says of how long a message is, and of its connection. */
const FRAMING = /^(?:content-length|transfer-encoding|connection)$/;

/** A response as it is sent. */
export async function bytesOf(response: Response, asked: Asked): Promise<Uint8Array> {
  const body = new Uint8Array(await response.arrayBuffer());
  const { status, statusText, headers } = response;
  const hasNone = status === 204 || status === 304;
  const lines = [...headers].filter(([name]) => !FRAMING.test(name));
  if (!hasNone) lines.push(['content-length', String(body.length)]);
  if (asked.closes) lines.push(['connection', 'close']);
  return message(
    `HTTP/1.1 ${status} ${statusText}`,
    lines,
    hasNone || asked.request.method === 'HEAD' ? undefined : body,
  );
}

/** The bytes of a message. */
export function message(
  first: string,
  headers: Iterable<readonly [name: string, value: string]>,
  body: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${first}\r\n${lines.join('')}\r\n`, 'latin1');
  return concatenated([head, body]);
}
