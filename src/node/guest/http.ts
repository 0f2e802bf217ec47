import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import type { Present } from './present.ts';

/**
 * What is known of a connection's parser: when it was made, and since when its message has been
 * coming in.
 */
interface Birth {
  readonly order: number;
  readonly loop: GuestLoop;
  sinceNs: number;
  expired: boolean;
}

/**
 * http.Server's list of connections. C++ orders it by real time and then by pointer, so that
 * server.close() would end connections in an order that differs from run to run, and it measures
 * headersTimeout and requestTimeout itself. Here it is ordered by birth, and the timeouts are those
 * of the simulated clock.
 */
export function replaceConnectionsList({ internalBinding }: Internals, present: Present): void {
  const http = internalBinding('http_parser');
  const { ConnectionsList, HTTPParser } = http;
  const births = new WeakMap<object, Birth>();
  let count = 0;
  const begin = HTTPParser.kOnMessageBegin | 0;
  const { initialize } = HTTPParser.prototype;
  HTTPParser.prototype.initialize = function (this: Internal, ...args: Internal[]): Internal {
    // The list has servers' parsers only.
    const loop = present.now;
    if (loop === undefined || args[0] !== HTTPParser.REQUEST) return initialize.apply(this, args);
    const birth = { order: ++count, loop, sinceNs: loop.clock.programNs, expired: false };
    births.set(this, birth);
    // HTTPParser::on_message_begin starts the clock of the next message.
    this[begin] = () => {
      birth.sinceNs = loop.clock.programNs;
      birth.expired = false;
    };
    return initialize.apply(this, args);
  };
  const inOrder = (parsers: Internal[]): Internal[] =>
    parsers.sort((a, b) => (births.get(a)?.order ?? 0) - (births.get(b)?.order ?? 0));
  http.ConnectionsList = class extends ConnectionsList {
    all(): Internal[] {
      return inOrder(super.all());
    }

    idle(): Internal[] {
      return inOrder(super.idle());
    }

    active(): Internal[] {
      return inOrder(super.active());
    }

    /** ConnectionsList::Expired: told once of each. */
    expired(headersMs: number, requestMs: number): Internal[] {
      if (present.now === undefined) return super.expired(headersMs, requestMs);
      return this.active().filter((parser) => {
        const birth = births.get(parser);
        if (birth === undefined || birth.expired) return false;
        const ms = (birth.loop.clock.programNs - birth.sinceNs) / 1e6;
        const inHeaders = parser.incoming == null || parser.incoming.complete === true;
        birth.expired =
          (headersMs > 0 && inHeaders && ms > headersMs) || (requestMs > 0 && ms > requestMs);
        return birth.expired;
      });
    }
  };
}
