import type { Internal, Internals } from './internals.ts';
import type { Present } from './present.ts';

const PING_BYTES = 8;

/**
 * HTTP/2's PING: C++ times it by the real clock, and sends that clock's time where the program
 * gives no payload (Http2Session::Ping, Http2Ping::Done in src/node_http2.cc).
 */
export function replacePings({ internalBinding }: Internals, present: Present): void {
  const { prototype } = internalBinding('http2').Http2Session;
  const { ping } = prototype;
  prototype.ping = function (this: Internal, payload: Internal, callback: Internal): Internal {
    const clock = present.now?.clock;
    if (clock === undefined) return ping.call(this, payload, callback);
    const sinceNs = clock.look();
    const done = function (this: Internal, ack: boolean, _ms: number, echoed: Internal): Internal {
      return callback.call(this, ack, (clock.look() - sinceNs) / 1e6, echoed);
    };
    return ping.call(this, payload ?? timeOf(sinceNs), done);
  };
}

function timeOf(ns: number): Buffer {
  const payload = Buffer.alloc(PING_BYTES);
  payload.writeBigUInt64LE(BigInt(Math.round(ns)));
  return payload;
}
