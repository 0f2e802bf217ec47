/**
 * What a Node program's thread and its kernel say to each other, and how.
 *
 * Both sides take turns: one speaks, and then waits until the other has answered. So one buffer is
 * enough for both directions, and at any moment only one of them runs: what comes first is never
 * left to the threads.
 */

/** Which side a thread is on. */
export type Side = 'kernel' | 'guest';

/**
 * Ids of streams and sockets: the guest's own are even, those that the kernel makes (accepted ones)
 * are odd.
 */
export type HandleId = number;
/** A request that is answered by an event, numbered by the guest. */
export type RequestId = number;

/** Negated error numbers are Linux's; the guest turns them into those of its own platform. */
export type Call =
  | readonly [
      op: 'bind',
      id: HandleId,
      kind: HandleKind,
      host: string,
      port: number,
      v6Only: boolean,
    ]
  | readonly [op: 'listen', id: HandleId, kind: HandleKind, backlog: number]
  | readonly [op: 'connect', id: HandleId, kind: HandleKind, host: string, port: number]
  /**
   * Bytes travel beside it, and with them a handle that is passed. Gives how many were taken at
   * once, or a negated errno; the rest is the kernel's affair.
   */
  | readonly [op: 'write', id: HandleId, passed?: HandleId]
  | readonly [op: 'sockname', id: HandleId]
  | readonly [op: 'peername', id: HandleId]
  /** A datagram to `host`, or to the connected peer if that is empty. */
  | readonly [op: 'send', id: HandleId, host: string, port: number]
  | readonly [op: 'disconnect', id: HandleId]
  | readonly [op: 'unlink', path: string]
  /** Whether a socket is bound to it, or was: 1 or 0. */
  | readonly [op: 'hasPath', path: string]
  /** What is asked of the host's disk, with the bytes that are to be written. */
  | readonly [op: 'file', asked: FileAsked]
  /** As `file`, by the thread pool: the answer comes as an event. Gives 0. */
  | readonly [op: 'fileLater', request: RequestId, asked: FileAsked]
  /** Which stream its random numbers come from; asked before the first of them. */
  | readonly [op: 'chance']
  /** A handle takes over a descriptor that the process has. */
  | readonly [op: 'open', id: HandleId, kind: HandleKind, fd: number]
  /** Start another process: its id, or a negated errno. */
  | readonly [op: 'spawn', id: HandleId, asked: SpawnAsked]
  /** As `spawn`, and wait for its end; with what it is given to read, the parts one by one. */
  | readonly [op: 'spawnSync', asked: SpawnAsked, limits: SpawnLimits]
  | readonly [op: 'kill', pid: number, signal: number]
  /** The id of the process that has started it, or 1 if that has ended. */
  | readonly [op: 'ppid']
  /** From now on, or no longer, the handle is told of a signal. */
  | readonly [op: 'signal', id: HandleId, signal: number, on: boolean];

/** What has to do with other processes. */
export type ProcessCall = Extract<
  Call,
  readonly ['open' | 'spawn' | 'spawnSync' | 'kill' | 'ppid' | 'signal', ...unknown[]]
>;

/** A descriptor of a process that is started, as its parent asks for it. */
export type StdioAsked =
  | { readonly is: 'ignore' }
  /**
   * A pipe, whose other end is that handle's; 0 where the parent waits for the end, and writes so
   * many bytes into it.
   */
  | { readonly is: 'pipe'; readonly id: HandleId; readonly inputBytes?: number }
  | { readonly is: 'fd'; readonly fd: number }
  | { readonly is: 'handle'; readonly id: HandleId };

/** What is to be started, as uv_process_options_t has it. */
export interface SpawnAsked {
  readonly file: string;
  /** The first is the name that it is called by. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: readonly StdioAsked[];
  /** Why it cannot be started there: 0, or a negated errno. */
  readonly errno: number;
}

/** What a process may take that its parent waits for. */
export interface SpawnLimits {
  /** 0 for as long as it likes. */
  readonly timeoutMs: number;
  /** What it may print; 0 for as much as it likes. */
  readonly bytesMax: number;
  /** What it is ended with beyond that. */
  readonly signal: number;
}

/** What became of a process that was waited for; bytes come beside. */
export interface SpawnedSync {
  readonly pid: number;
  readonly status: number;
  readonly signal: number;
  /** 0, or a negated errno. */
  readonly errno: number;
  /** How many of the bytes came from each descriptor; -1 where it is no pipe to read from. */
  readonly bytes: readonly number[];
}

/** Something that cannot be had here: why, and what to do. */
export interface Refused {
  readonly refused: string;
}

/** What a descriptor is when its program begins; `descriptor`: any that takes what is written. */
export type StdioKind = 'descriptor' | 'pipe' | 'nothing';

/** A piece of work of host/file-work.ts, and its arguments. Paths are absolute. */
export type FileAsked = readonly [name: string, ...args: (string | number | boolean)[]];

/** What became of it; bytes come beside. */
export interface FileAnswer {
  /** 0, or a negated errno. */
  readonly errno: number;
  /** The call that failed, where it is not named like what was asked. */
  readonly syscall?: string;
  readonly value: number | string | null | readonly unknown[];
}

/** Calls that need no answer; they are said together with the next thing that does. */
export type Post =
  | readonly [op: 'reading', id: HandleId, on: boolean]
  /** A read takes so many bytes at most: the program has a buffer of its own. */
  | readonly [op: 'readMax', id: HandleId, kind: HandleKind, bytes: number]
  | readonly [op: 'shutdown', id: HandleId]
  | readonly [op: 'close', id: HandleId]
  | readonly [op: 'reset', id: HandleId]
  | readonly [op: 'noDelay', id: HandleId, on: boolean]
  | readonly [op: 'keepAlive', id: HandleId, on: boolean, idleSeconds: number]
  /** What it sends and receives differs from run to run although it means the same: TLS. */
  | readonly [op: 'opaque', id: HandleId, kind: HandleKind]
  /** Work of the thread pool has been done already; its completion is a step of its own. */
  | readonly [op: 'pool', request: RequestId, what: string]
  | readonly [op: 'lookup', request: RequestId, name: string, family: number]
  | readonly [op: 'output', fd: 1 | 2, text: string]
  | readonly [
      op: 'exchange',
      side: 'client' | 'server',
      method: string,
      path: string,
      status: number | null,
      error: string | null,
    ]
  /** Work that nobody controls was met. */
  | readonly [op: 'uncontrolled', what: string]
  /** For a run that is recorded: what the program does besides, and the frames it comes from. */
  | readonly [op: 'told', is: ToldKind, what: string, stack: string, ask?: number];

/** What a program tells of itself: see `Moment`, which also says what `ask` is. */
export type ToldKind = 'at' | 'asks' | 'timer' | 'request' | 'response';

/** What a program's thread is given when it is started. */
export interface ThreadData {
  /** See {@link makeWire}. */
  readonly wire: SharedArrayBuffer;
  /** Of a debugged run, see DebugControl. */
  readonly board: SharedArrayBuffer | undefined;
}

/** Of a debugged thread, between two answers of its inspector: nobody sees that it hesitates. */
export const NAP_MS = 2;

export type HandleKind = 'tcp' | 'pipe' | 'udp';

/** What has happened; a `read` and a `message` come with bytes. */
export type LoopEvent =
  /** With a handle of that kind that another process has passed. */
  | readonly [what: 'read', id: HandleId, passed?: HandleId, kind?: HandleKind]
  | readonly [what: 'end', id: HandleId]
  | readonly [what: 'failed', id: HandleId, errno: number]
  | readonly [what: 'connection', id: HandleId, accepted: HandleId, errno: number]
  | readonly [what: 'connected', id: HandleId, errno: number]
  | readonly [what: 'written', id: HandleId, errno: number]
  | readonly [what: 'shut', id: HandleId, errno: number]
  | readonly [what: 'message', id: HandleId, from: SocketName]
  | readonly [what: 'done', request: RequestId]
  /** With the bytes that were read. */
  | readonly [what: 'filed', request: RequestId, answer: FileAnswer]
  | readonly [what: 'found', request: RequestId, errno: number, addresses: readonly string[]]
  /** A process that was started has ended; `signal` is 0 where none has ended it. */
  | readonly [what: 'exited', id: HandleId, status: number, signal: number]
  | readonly [what: 'signalled', id: HandleId, signal: number];

/** An address as Node shows it. */
export interface SocketName {
  readonly address: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/** What a guest has to know before its program's first line. */
export interface GuestConfig {
  /** Absolute path of the program. */
  readonly program: string;
  /** The program itself, where it stands on the command line. */
  readonly text: string | null;
  /** What makes JavaScript of it where this Node cannot: a module's path; null where it can. */
  readonly loader: string | null;
  readonly argv: readonly string[];
  /** Options of node's before the program. */
  readonly execArgv: readonly string[];
  /** What its descriptors are, from 0 on. */
  readonly stdio: readonly StdioKind[];
  /** It takes note of the lines at which it awaits something: its run is told. */
  readonly notesAwaits: boolean;
  readonly env: Readonly<Record<string, string>>;
  /**
   * What Node finds there too, of its parent's, and takes out again: a thread that began with it
   * would have no channel.
   */
  readonly ofParent: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly cwd: string;
  readonly hostname: string;
  readonly pid: number;
  /** Of the usual stream of random numbers. Differs from process to process. */
  readonly seed: number;
  /** The time of day at the beginning, in milliseconds since 1970. */
  readonly epochMs: number;
  /** Whom it trusts beside those that Node does, in PEM; null for nobody. */
  readonly authority: string | null;
  /** The run is recorded: the program tells of itself. */
  readonly told: boolean;
}

/** Who a program is, and what it begins with. */
export type Identity = Pick<GuestConfig, 'hostname' | 'pid' | 'seed' | 'epochMs' | 'authority'>;

/** To a {@link Call}. */
export type Answer = number | SocketName | FileAnswer | SpawnedSync | Refused;

export type Command =
  | { readonly do: 'start'; readonly config: GuestConfig }
  /** Call back, and run what that queues; a phase of libuv's loop goes on. */
  | { readonly do: 'deliver'; readonly event: LoopEvent }
  /** The poll phase is over: check, closing callbacks, timers. */
  | { readonly do: 'finish' }
  | { readonly do: 'answer'; readonly value: Answer }
  /** The run is over: at which lines does it await what has not come? */
  | { readonly do: 'tell' }
  /** The run is over: be as new for the next one. It is `ready` then, or `spent`. */
  | { readonly do: 'renew' };

/** What the kernel says. */
export interface ToGuest {
  readonly nowNs: number;
  readonly command: Command;
}

/** How a turn of the loop ended, and what it waits for now. */
export interface TurnEnd {
  /** Nothing keeps the program alive: it ends, with this exit code. */
  readonly exitCode: number | null;
  /** Something is due without any event: an immediate, a callback. */
  readonly soon: boolean;
  /** The next timer, in milliseconds of the program's clock; null if there is none. */
  readonly dueMs: number | null;
  /** What the exit leaves open, for laws. */
  readonly open: readonly string[];
}

/** An error nobody caught. */
export interface GuestDeath {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code: string | undefined;
  /** It was a rejected promise. */
  readonly fromPromise: boolean;
}

/** What the guest says. */
export interface FromGuest {
  readonly posts: readonly Post[];
  /** So long it was at work, as its looks at the clock have it; 0 while that is next to nothing. */
  readonly spentNs: number;
  readonly next: /** With the number that Linux gives the thread; null where it gives none. */
    | { readonly is: 'ready'; readonly thread: number | null }
    /** The program has left something that cannot be taken back: no other can run here. */
    | { readonly is: 'spent'; readonly why: string }
    /** The thread's Node cannot be taken hold of; nothing of the program has run. */
    | { readonly is: 'refused'; readonly why: string }
    | { readonly is: 'call'; readonly call: Call }
    /** The delivery is over. */
    | { readonly is: 'delivered' }
    | { readonly is: 'turned'; readonly end: TurnEnd }
    | { readonly is: 'told'; readonly awaits: readonly string[] }
    | { readonly is: 'exit'; readonly code: number; readonly open: readonly string[] }
    | { readonly is: 'died'; readonly death: GuestDeath };
}

const TURN = 0;
const TEXT_BYTES = 1;
const PAYLOAD_BYTES = 2;
const HEADER_BYTES = 16;
/**
 * What is longer goes in pieces. It never grows: a buffer that may grow reserves all the address
 * space that it could ever need, and there is one for each thread.
 */
const BODY_BYTES = 1 << 18;
const NO_BYTES = new Uint8Array(0);

/** A buffer for two threads that take turns. */
export function makeWire(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + BODY_BYTES);
}

/** One end of the wire. */
export class Wire {
  readonly #header: Int32Array;
  readonly #mine: number;
  readonly #body: Buffer;
  readonly #napMs: number;
  /** What came with the message that was received last. */
  bytes: Uint8Array = NO_BYTES;

  /**
   * @param napMs it sleeps no longer at a time: between two naps the thread's inspector answers
   */
  constructor(shared: SharedArrayBuffer, side: Side, napMs: number = Number.POSITIVE_INFINITY) {
    this.#napMs = napMs;
    this.#header = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.#body = Buffer.from(shared, HEADER_BYTES);
    this.#mine = side === 'kernel' ? 1 : 2;
  }

  /** Say something; it is the other's turn now. */
  send(message: ToGuest | FromGuest, bytes: Uint8Array = NO_BYTES): void {
    const text = JSON.stringify(message);
    const header = this.#header;
    header[PAYLOAD_BYTES] = bytes.length;
    // A UTF-16 unit is three bytes of UTF-8 at most.
    if (text.length * 3 + bytes.length > this.#body.length) {
      this.#sendLong(Buffer.from(text), bytes);
      return;
    }
    const length = this.#body.write(text, 0, 'utf8');
    this.#body.set(bytes, length);
    header[TEXT_BYTES] = length;
    this.#giveTurn();
  }

  /**
   * Wait for one's turn; undefined if it does not come in time. The bytes that come along are the
   * receiver's own.
   */
  receive(timeoutMs: number = Number.POSITIVE_INFINITY): unknown {
    if (!this.#awaitTurn(timeoutMs)) return undefined;
    const length = this.#header[TEXT_BYTES] as number;
    const end = length + (this.#header[PAYLOAD_BYTES] as number);
    const body = end > this.#body.length ? this.#receiveLong(end) : this.#body;
    this.bytes = end === length ? NO_BYTES : new Uint8Array(body.subarray(length, end));
    return JSON.parse(body.toString('utf8', 0, length));
  }

  /** Piece by piece: after each but the last the other gives the turn back for the next. */
  #sendLong(text: Buffer, bytes: Uint8Array): void {
    const whole = Buffer.concat([text, bytes]);
    this.#header[TEXT_BYTES] = text.length;
    for (let at = 0; ; ) {
      at += whole.copy(this.#body, 0, at);
      this.#giveTurn();
      if (at === whole.length) return;
      this.#awaitTurn(Number.POSITIVE_INFINITY);
    }
  }

  #receiveLong(length: number): Buffer {
    const whole = Buffer.allocUnsafe(length);
    for (let at = 0; ; ) {
      at += this.#body.copy(whole, at);
      if (at === length) return whole;
      this.#giveTurn();
      this.#awaitTurn(Number.POSITIVE_INFINITY);
    }
  }

  #giveTurn(): void {
    Atomics.store(this.#header, TURN, 3 - this.#mine);
    Atomics.notify(this.#header, TURN);
  }

  #awaitTurn(timeoutMs: number): boolean {
    const header = this.#header;
    let leftMs = timeoutMs;
    for (let turn = Atomics.load(header, TURN); turn !== this.#mine; ) {
      const ms = Math.min(leftMs, this.#napMs);
      if (Atomics.wait(header, TURN, turn, ms) === 'timed-out') {
        leftMs -= ms;
        if (leftMs <= 0) return false;
      }
      turn = Atomics.load(header, TURN);
    }
    return true;
  }
}
