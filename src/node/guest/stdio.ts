import type * as Net from 'node:net';
import type * as Streams from 'node:stream';
import type { GuestConfig, StdioKind } from '../wire.ts';
import type { Internal, Internals } from './internals.ts';

const STDIN = 0;
const OUTPUTS = [
  ['stdout', 1],
  ['stderr', 2],
] as const;

/**
 * What a program is given by the one that has started it: descriptors 0 to 2, and a channel. As
 * lib/internal/bootstrap/switches/is_main_thread.js makes them.
 */
export function takeStdio(internals: Internals, { stdio }: GuestConfig): void {
  // The console keeps the streams that it has found once.
  Object.assign(console, { _stdout: undefined, _stderr: undefined });
  for (const [name, fd] of OUTPUTS) {
    if (stdio[fd] === 'pipe') lazily(name, () => output(internals, fd));
  }
  const kind = stdio[STDIN];
  // What nobody has started reads the real machine's.
  if (kind === 'pipe' || kind === 'nothing') lazily('stdin', () => input(internals, kind));
}

/** setupChildProcessIpcChannel and initializeClusterIPC (lib/internal/process/pre_execution.js). */
export function takeChannel({ requireBuiltin }: Internals, { ofParent }: GuestConfig): void {
  const { env } = process;
  Object.assign(env, ofParent);
  const { NODE_CHANNEL_FD: fd, NODE_CHANNEL_SERIALIZATION_MODE: mode = 'json' } = env;
  if (fd) {
    delete env['NODE_CHANNEL_FD'];
    delete env['NODE_CHANNEL_SERIALIZATION_MODE'];
    requireBuiltin('child_process')._forkChild(Number.parseInt(fd, 10), mode);
  }
  if (process.argv[1] && env['NODE_UNIQUE_ID']) {
    requireBuiltin('cluster')._setupWorker();
    delete env['NODE_UNIQUE_ID'];
  }
}

function lazily(name: 'stdin' | 'stdout' | 'stderr', make: () => object): void {
  let stream: object | undefined;
  const get = (): object => {
    stream ??= make();
    return stream;
  };
  Object.defineProperty(process, name, { get, configurable: true, enumerable: true });
}

/** The handle of a descriptor; that of the channel, where it is that. */
function handleOn({ internalBinding, requireBuiltin }: Internals, fd: number): Internal {
  const channel = process.channel as Internal;
  if (channel?.fd === fd)
    return (process as Internal)[requireBuiltin(CHILD_PROCESS).kChannelHandle];
  const { Pipe, constants } = internalBinding('pipe_wrap');
  const handle = new Pipe(constants.SOCKET);
  handle.open(fd);
  return handle;
}

const CHILD_PROCESS = 'internal/child_process';

function output(internals: Internals, fd: number): object {
  const { Socket } = internals.requireBuiltin('net') as typeof Net;
  const handle = handleOn(internals, fd);
  const stream = new Socket({ handle, readable: false, writable: true } as object) as Internal;
  stream.destroySoon = stream.destroy;
  // The descriptor is never closed.
  stream._destroy = function (
    this: Internal,
    error: unknown,
    done: (error: unknown) => void,
  ): void {
    done(error);
    this._undestroy();
    if (!this._writableState.emitClose) process.nextTick(() => this.emit('close'));
  };
  return Object.assign(stream, { fd, _type: 'pipe', _isStdio: true });
}

function input(internals: Internals, kind: StdioKind): object {
  if (kind === 'nothing') {
    const { Readable } = internals.requireBuiltin('stream') as typeof Streams;
    const empty = new Readable({ read() {} });
    empty.push(null);
    return Object.assign(empty, { fd: STDIN });
  }
  const { Socket } = internals.requireBuiltin('net') as typeof Net;
  const handle = handleOn(internals, STDIN);
  const options = { handle, readable: true, writable: false, manualStart: true };
  const stream = new Socket(options as object) as Internal;
  stream._writableState.ended = true;
  stream.fd = STDIN;
  // It begins paused, and reads no longer once it is paused again.
  const stop = (): void => {
    stream._handle.reading = false;
    stream._readableState.reading = false;
    stream._handle.readStop();
  };
  stop();
  stream.on('pause', () => {
    process.nextTick(() => {
      if (stream._handle?.reading && !stream.readableFlowing) stop();
    });
  });
  return stream;
}
