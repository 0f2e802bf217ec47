import { contentText, joined, latin1, type Message, type Protocol } from './message.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAMES: readonly string[] = [
  ...['DATA', 'HEADERS', 'PRIORITY', 'RST_STREAM', 'SETTINGS', 'PUSH_PROMISE', 'PING', 'GOAWAY'],
  ...['WINDOW_UPDATE', 'CONTINUATION'],
];
const DATA = 0;
const PADDED = 8;
/** Those that say how a connection is kept, and nothing of requests. */
const HOUSEKEEPING: ReadonlySet<number> = new Set([2, 4, 6, 8]);

/** Whether a stream begins as a client's of HTTP/2 does. */
export function isHttp2(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(0, PREFACE.length)) === PREFACE;
}

/**
 * Frames of HTTP/2 (RFC 9113, section 4), by their names and streams: what their headers say is
 * packed by what came before, and told by the program's own library.
 */
export class Http2 implements Protocol {
  take(bytes: Uint8Array): Message | undefined {
    if (isHttp2(bytes)) return { text: '', bytes: PREFACE.length };
    if (bytes.length < 9) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = 9 + ((view.getUint16(0) << 8) | view.getUint8(2));
    if (bytes.length < end) return undefined;
    const type = view.getUint8(3);
    if (HOUSEKEEPING.has(type)) return { text: '', bytes: end };
    const stream = view.getUint32(5) & 0x7fffffff;
    const padding = (view.getUint8(4) & PADDED) !== 0 ? view.getUint8(9) : -1;
    const body = bytes.subarray(9 + (padding < 0 ? 0 : 1), end - Math.max(0, padding));
    const name = FRAMES[type] ?? `frame ${type}`;
    const text = joined('h2', name, `#${stream}`, type === DATA ? contentText(body) : '');
    return { text, bytes: end };
  }

  begun(bytes: Uint8Array): string {
    return `${bytes.length} B of an HTTP/2 frame`;
  }
}
