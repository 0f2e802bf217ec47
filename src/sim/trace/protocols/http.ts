import { contentText, cutText, joined, latin1, type Message, type Protocol } from './message.ts';

const REQUEST = /^([A-Z][A-Z-]{2,19}) (\S+) HTTP\/1\.[01]\r\n/;
const RESPONSE = /^HTTP\/1\.[01] (\d{3})/;
/** A head that is longer is no message that anybody waits to see. */
const HEAD_BYTES_MAX = 65_536;
/** Letters of a path; the query of a long one says little. */
const PATH_MAX = 40;

/** Whether a stream begins with a request of HTTP/1. */
export function isHttpRequest(bytes: Uint8Array): boolean {
  return REQUEST.test(latin1(bytes.subarray(0, HEAD_BYTES_MAX)));
}

/** Whether a stream begins with a response of HTTP/1. */
export function isHttpResponse(bytes: Uint8Array): boolean {
  return RESPONSE.test(latin1(bytes.subarray(0, 16)));
}

/** What stands before a body. */
export interface HttpHead {
  /** As it came. */
  readonly first: string;
  readonly status: number | undefined;
  readonly bytes: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** What follows a head: how many bytes, and those of it that mean something. */
export interface HttpBody {
  readonly bytes: number;
  readonly content: Uint8Array;
}

const NONE: HttpBody = { bytes: 0, content: new Uint8Array(0) };

/** HTTP/1 (RFC 9112), either direction of a connection. */
export class Http implements Protocol {
  /** A response without a length goes on until its connection ends. */
  #untilEnd = false;
  /** Whether the request that the next response is for was HEAD. */
  readonly #isHead: () => boolean;

  constructor(isHead: () => boolean = () => false) {
    this.#isHead = isHead;
  }

  take(bytes: Uint8Array): Message | undefined {
    if (this.#untilEnd) return { text: contentText(bytes), bytes: bytes.length };
    const head = headOf(bytes);
    if (head === undefined) return undefined;
    const body = this.#bodyOf(head, bytes.subarray(head.bytes));
    if (body === undefined) return undefined;
    const { status, headers } = head;
    const isInterim = status !== undefined && status < 200 && status !== 101;
    const upgraded = status === 101 && headers.get('upgrade')?.toLowerCase() === 'websocket';
    const role = status === undefined ? 'request' : isInterim ? undefined : 'response';
    return {
      text: joined(lineOf(head), bodyText(head, body.content)),
      bytes: head.bytes + body.bytes,
      role,
      switchesTo: upgraded ? 'websocket' : undefined,
    };
  }

  begun(bytes: Uint8Array): string {
    const head = headOf(bytes);
    if (head === undefined) return contentText(bytes);
    const length = head.headers.get('content-length');
    const have = bytes.length - head.bytes;
    return `${lineOf(head)} (${have}${length === undefined ? '' : ` of ${length}`} B of its body)`;
  }

  /** Undefined while some of it is missing. RFC 9112, section 6.3. */
  #bodyOf({ status, headers }: HttpHead, rest: Uint8Array): HttpBody | undefined {
    if (status !== undefined && (status < 200 || status === 204 || status === 304)) return NONE;
    if (status !== undefined && this.#isHead()) return NONE;
    if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) return chunksOf(rest);
    const length = headers.get('content-length');
    if (length !== undefined) {
      const bytes = Number(length);
      return rest.length < bytes ? undefined : { bytes, content: rest.subarray(0, bytes) };
    }
    if (status === undefined) return NONE;
    this.#untilEnd = true;
    return { bytes: rest.length, content: rest };
  }
}

/** The head that the bytes begin with; undefined while some of it is missing. */
export function headOf(bytes: Uint8Array): HttpHead | undefined {
  const text = latin1(bytes.subarray(0, HEAD_BYTES_MAX));
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = RESPONSE.exec(first)?.[1];
  const headers = new Map<string, string>();
  for (const each of lines) {
    const colon = each.indexOf(':');
    headers.set(each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim());
  }
  return {
    first,
    status: status === undefined ? undefined : Number(status),
    bytes: end + 4,
    headers,
  };
}

/** `GET /seats/7`, `200` */
function lineOf({ first }: HttpHead): string {
  const [, method, path = ''] = REQUEST.exec(`${first}\r\n`) ?? [];
  if (method !== undefined) return `${method} ${cutText(path, PATH_MAX)}`;
  return RESPONSE.exec(first)?.[1] ?? first;
}

function bodyText({ headers, status }: HttpHead, content: Uint8Array): string {
  const coding = headers.get('content-encoding');
  if (status === 101) return headers.get('upgrade') ?? '';
  if (coding !== undefined && content.length > 0) return `(${coding}, ${content.length} B)`;
  return contentText(content);
}

/** A body in chunks (RFC 9112, section 7.1); undefined while some of it is missing. */
export function chunksOf(bytes: Uint8Array): HttpBody | undefined {
  const text = latin1(bytes);
  const parts: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size >= 0)) return { bytes: bytes.length, content: bytes };
    const from = line + 2;
    if (size === 0) {
      const end = text.startsWith('\r\n', from) ? from : text.indexOf('\r\n\r\n', from) + 2;
      if (end < 2 || !text.startsWith('\r\n', end)) return undefined;
      return { bytes: end + 2, content: concatenated(parts) };
    }
    if (bytes.length < from + size + 2) return undefined;
    parts.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}

/** Several pieces as one. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
