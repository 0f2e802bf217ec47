import type { Internal, Internals } from '../internals.ts';
import { onLoaded } from './loaded.ts';

/** What Node keeps behind a pair of functions. */
interface Setting {
  readonly module: string;
  readonly get: (module: Internal) => unknown;
  readonly set: (module: Internal, value: Internal) => void;
}

const SETTINGS: readonly Setting[] = [
  {
    module: 'events',
    get: (events) => events.defaultMaxListeners,
    set: (events, count) => {
      events.defaultMaxListeners = count;
    },
  },
  {
    module: 'net',
    get: (net) => net.getDefaultAutoSelectFamily(),
    set: (net, on) => net.setDefaultAutoSelectFamily(on),
  },
  {
    module: 'net',
    get: (net) => net.getDefaultAutoSelectFamilyAttemptTimeout(),
    set: (net, ms) => net.setDefaultAutoSelectFamilyAttemptTimeout(ms),
  },
  {
    module: 'dns',
    get: (dns) => dns.getDefaultResultOrder?.(),
    set: (dns, order) => dns.setDefaultResultOrder(order),
  },
  {
    module: 'stream',
    get: (stream) => stream.getDefaultHighWaterMark?.(false),
    set: (stream, size) => stream.setDefaultHighWaterMark(false, size),
  },
  {
    module: 'stream',
    get: (stream) => stream.getDefaultHighWaterMark?.(true),
    set: (stream, size) => stream.setDefaultHighWaterMark(true, size),
  },
];

/**
 * Settings of Node's own library, as they are before any program. Gives what puts them back where
 * their module is loaded.
 */
export function noteSettings(inside: Internals): () => void {
  const before = new Map<Setting, unknown>();
  const note = (id: string, exports: Internal): void => {
    for (const setting of SETTINGS) {
      if (setting.module === id) before.set(setting, setting.get(exports));
    }
  };
  const { map } = inside.BuiltinModule;
  onLoaded(inside, { after: note });
  return () => {
    for (const [setting, was] of before) {
      const { exports } = map.get(setting.module) as { exports: Internal };
      if (was !== undefined && setting.get(exports) !== was) setting.set(exports, was);
    }
  };
}
