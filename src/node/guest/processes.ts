import fs from 'node:fs';
import os from 'node:os';
import { UsageError } from '../../sys/errors.ts';
import type { Answer, LoopEvent, Refused, SpawnAsked, SpawnedSync, StdioAsked } from '../wire.ts';
import { define } from './clock.ts';
import { handleClass } from './handle-class.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { LoopHandle } from './loop-handle.ts';
import type { Present } from './present.ts';

/** signo_string: of two names the first. */
const nameOf = (signal: number): string =>
  Object.entries(os.constants.signals).find(([, number]) => number === signal)?.[0] ?? '';

/** The processes that a program starts and ends, as lib/child_process.js asks for them. */
export function replaceProcesses({ internalBinding }: Internals, present: Present): void {
  const uv = internalBinding('uv');
  const processes = internalBinding('process_wrap');
  const own = class Process extends ProcessHandle {
    constructor(loop: GuestLoop) {
      super(loop, uv);
    }
  };
  processes.Process = handleClass(processes.Process, own, present);
  const sync = internalBinding('spawn_sync');
  const { spawn } = sync;
  sync.spawn = (options: Internal): Internal => {
    const loop = present.now;
    return loop === undefined ? spawn.call(sync, options) : spawnSync(loop, uv, options);
  };
  const kill = (process as Internal)._kill;
  const killSimulated = (pid: number, signal: number): number => {
    const loop = present.now;
    // Who shares its thread with heddle is a real process.
    const isReal = loop === undefined || (!loop.hasThread && pid === loop.config.pid);
    if (isReal) return kill.call(process, loop === undefined ? pid : realPid, signal);
    return numberOf(loop, loop.callAny(['kill', pid, signal]));
  };
  // Heddle's own engines are ended by the real one.
  define(process, '_kill', Object.assign(killSimulated, { real: kill }));
}

const realPid = process.pid;

/** What is refused is thrown, with the reason. */
function accepted<T extends Answer>(answer: T | Refused): T {
  const { refused } = answer as Refused;
  if (refused === undefined) return answer as T;
  throw new UsageError(refused);
}

const numberOf = (loop: GuestLoop, answer: Answer): number =>
  loop.errno(accepted(answer) as number);

/** uv_process_options_t, of what lib/internal/child_process.js gives. */
function askedOf(options: Internal, uv: Internal, stdio: StdioAsked[]): SpawnAsked {
  const { file, args, envPairs } = options;
  const cwd = options.cwd == null ? process.cwd() : String(options.cwd);
  const env: Record<string, string> = {};
  for (const pair of (envPairs as string[] | undefined) ?? pairsOf(process.env)) {
    const equals = pair.indexOf('=', 1);
    if (equals > 0) env[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  const errno = errnoOfFolder(cwd, uv);
  return { file, args: args?.length > 0 ? args : [file], cwd, env, stdio, errno };
}

const pairsOf = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);

/** chdir(2) of the child. */
function errnoOfFolder(path: string, uv: Internal): number {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return 0;
  return found === undefined ? uv.UV_ENOENT : uv.UV_ENOTDIR;
}

/** A handle of libuv's unix/process.c. */
class ProcessHandle extends LoopHandle {
  readonly #uv: Internal;
  pid: number | undefined;
  declare onexit: Internal;

  constructor(loop: GuestLoop, uv: Internal) {
    super(loop, 'PROCESSWRAP', 'child process');
    this.#uv = uv;
  }

  spawn(...given: Internal[]): number {
    const options = optionsOf(given);
    const asked = askedOf(options, this.#uv, options.stdio.map(stdioOf));
    const { loop } = this;
    const answer = numberOf(loop, loop.callAny(['spawn', this.heddleId, asked]));
    if (answer < 0) return answer;
    this.pid = answer;
    this.working = true;
    return 0;
  }

  kill(signal: number): number {
    if (!this.isOpen || !this.working) return this.#uv.UV_ESRCH;
    const { loop } = this;
    return numberOf(loop, loop.callAny(['kill', this.pid as number, signal]));
  }

  on(event: LoopEvent): void {
    if (event[0] !== 'exited') return;
    const [, , status, signal] = event;
    this.working = false;
    this.context.run(() => this.onexit(status, nameOf(signal)));
  }

  /** Its parent lets go of it, and it goes on. */
  protected end(): void {}
}

/** Of Process.spawn, which on Node 24 and 26 takes them one by one (internal/child_process.js). */
export function optionsOf(given: readonly Internal[]): Internal {
  if (given.length === 1) return given[0];
  const [file, args, cwd, envPairs, stdio] = given;
  return { file, args, cwd, envPairs, stdio };
}

function stdioOf(one: Internal): StdioAsked {
  switch (one.type) {
    case 'ignore':
      return { is: 'ignore' };
    case 'pipe':
    case 'overlapped':
      return { is: 'pipe', id: one.handle.heddleId };
    case 'wrap':
      return { is: 'handle', id: one.handle.heddleId };
    default:
      return { is: 'fd', fd: one.fd };
  }
}

/** SyncProcessRunner (src/spawn_sync.cc): what it makes of a child that is waited for. */
function spawnSync(loop: GuestLoop, uv: Internal, options: Internal): Internal {
  const inputs: Uint8Array[] = [];
  const stdio = options.stdio.map((one: Internal): StdioAsked => {
    if (one.type !== 'pipe' && one.type !== 'overlapped') return stdioOf(one);
    if (one.readable !== true) return { is: 'pipe', id: 0 };
    const input: Uint8Array = one.input ?? new Uint8Array(0);
    inputs.push(input);
    return { is: 'pipe', id: 0, inputBytes: input.byteLength };
  });
  const asked = askedOf(options, uv, stdio);
  const limits = {
    timeoutMs: options.timeout ?? 0,
    bytesMax: Number.isFinite(options.maxBuffer) ? options.maxBuffer : 0,
    signal: options.killSignal ?? 0,
  };
  const given = Buffer.concat(
    inputs.map((view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength)),
  );
  const answer = accepted(loop.callAny(['spawnSync', asked, limits], given)) as SpawnedSync;
  const { pid, status, signal, errno, bytes } = answer;
  const answered = loop.door.answered as Uint8Array;
  let at = 0;
  const output = bytes.map((length) => {
    if (length < 0) return null;
    at += length;
    return Buffer.from(answered.slice(at - length, at));
  });
  return {
    pid,
    status: pid === 0 || signal !== 0 ? null : status,
    signal: signal === 0 ? null : nameOf(signal),
    output: pid === 0 ? null : output,
    ...(errno === 0 ? {} : { error: loop.errno(errno) }),
  };
}
