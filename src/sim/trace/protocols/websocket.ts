import { contentText, joined, type Message, type Protocol, readable } from './message.ts';

const OPCODES: Readonly<Record<number, string>> = {
  0: '…',
  1: '',
  2: '',
  8: 'close',
  9: 'ping',
  10: 'pong',
};
const CLOSE = 8;

/** WebSocket (RFC 6455, section 5.2), either direction of a connection. */
export class WebSocketFrames implements Protocol {
  take(bytes: Uint8Array): Message | undefined {
    const frame = frameOf(bytes);
    if (frame === undefined || bytes.length < frame.bytes) return undefined;
    const payload = bytes.slice(frame.from, frame.bytes);
    const { mask } = frame;
    if (mask !== undefined) {
      for (let i = 0; i < payload.length; i++) {
        payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
      }
    }
    const name = OPCODES[frame.opcode] ?? `opcode ${frame.opcode}`;
    const content = frame.isCompressed ? `(deflated, ${payload.length} B)` : contentText(payload);
    const text = frame.opcode === CLOSE ? closeText(payload) : joined(name, content);
    return { text: joined('ws', text), bytes: frame.bytes };
  }

  begun(bytes: Uint8Array): string {
    const frame = frameOf(bytes);
    return `ws message (${bytes.length}${frame === undefined ? '' : ` of ${frame.bytes}`} B)`;
  }
}

/** RFC 6455, section 5.5.1. */
function closeText(payload: Uint8Array): string {
  if (payload.length < 2) return 'close';
  const code = ((payload[0] as number) << 8) | (payload[1] as number);
  return joined('close', String(code), readable(payload.subarray(2)) ?? '');
}

interface Frame {
  readonly opcode: number;
  readonly isCompressed: boolean;
  /** Where its payload begins. */
  readonly from: number;
  /** Of the whole frame. */
  readonly bytes: number;
  readonly mask: Uint8Array | undefined;
}

function frameOf(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, second] = [view.getUint8(0), view.getUint8(1)];
  let length = second & 0x7f;
  let from = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = view.getUint16(2);
    from = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(view.getBigUint64(2));
    from = 10;
  }
  const isMasked = (second & 0x80) !== 0;
  const mask = isMasked ? bytes.subarray(from, from + 4) : undefined;
  if (isMasked) from += 4;
  const isCompressed = (first & 0x40) !== 0;
  return { opcode: first & 0x0f, isCompressed, from, bytes: from + length, mask };
}
