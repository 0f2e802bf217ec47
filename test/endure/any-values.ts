/** Bytes whose buffer is another thread's now. */
export function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

/** An object that no JSON can hold. */
export const circle: Record<string, unknown> = {};
circle['itself'] = circle;

/** What a syscall may be given by mistake, of whatever type. */
export const ANY_VALUES: readonly unknown[] = [
  ...[0, 1, 3, 4, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 53, -(2 ** 53)],
  ...['', 'x', '__proto__', 'inet', 'stream', 'add', null, undefined, true, Symbol('s'), 10n],
  ...[[], [null], [1, 'a'], [Symbol('s')], {}, { fd: null }, circle, Object.create(null), () => {}],
  ...[new Uint8Array(3), detached(), new Float64Array(2), new Int32Array(2)],
  ...[new DataView(new ArrayBuffer(4)), new ArrayBuffer(4), new Map(), new Date(0)],
  ...[{ host: '127.0.0.1', port: 80 }, { path: 5 }, { host: Symbol('h'), port: 1n }],
  ...[
    [{ fd: 3, events: null }],
    [{ fd: 3, events: 1 }],
    [{ op: 'recv', fd: 3 }],
    [{ op: Symbol() }],
  ],
  ...[{ read: [null] }, { read: 'x' }, { ms: 1n }, { nonblock: 1 }, { timeoutMs: 1n }],
  ...[
    { valueMs: 1n, intervalMs: 0 },
    { valueMs: 1, intervalMs: 1n },
    { valueMs: null, intervalMs: '5' },
  ],
];
