import type { Address, Program, Sys } from '../sys/index.ts';

export interface ServerOptions {
  readonly port: number;
  /** Hears what a server with a merged queue does to it. */
  readonly probe?: QueueProbe | undefined;
}

/** For those who judge a merged queue; it does nothing to the program. */
export interface QueueProbe {
  /** A connection begins to put a message; what is returned is called when it has. */
  putting(address: Address, data: Uint8Array): () => void;
  /** A message was taken out and processed. */
  processed(address: Address, data: Uint8Array): void;
}

/** A server program. */
export type Server = (sys: Sys, options: ServerOptions) => Program;

/**
 * What a server answers: the same bytes, or `Got: ` and what one recv returned, each time.
 */
export type EchoForm = 'same' | 'got';

/**
 * The five I/O models that article 004 counts: who sleeps, and where, until bytes can be moved.
 * Coroutines and greenlets are none of them: they are ways to write the program above one.
 */
export const IO_MODELS = [
  'blocking',
  'non-blocking',
  'multiplexing',
  'signal-driven',
  'asynchronous',
] as const;

export type IoModel = (typeof IO_MODELS)[number];

/**
 * What not every kernel has: a signal when something happens to a socket, a ring for requests and
 * completions, urgent bytes.
 */
export type Need = 'SIGIO' | 'ring' | 'MSG_OOB' | 'crash';

/** The scenarios that a fault may need. */
export type ScenarioKind =
  /** Clients of an echo, in all manners. */
  | 'echo'
  /** The server is ended and started again. */
  | 'restart'
  /** Two tasks of one server wait on one socket. */
  | 'two-readers'
  /** The program is a client itself. */
  | 'clients'
  /** The server may have few descriptors, or few threads. */
  | 'used-up'
  /** Descriptors are numbered beyond what select(2) takes. */
  | 'high'
  /** A client sends an urgent byte. */
  | 'urgent'
  /** What the server prints is read, not read, or has no reader any more. */
  | 'log'
  /** Many clients come at once. */
  | 'burst'
  /** One client sends more than a server should hold for it. */
  | 'memory'
  /** The machine loses its power. */
  | 'crash';

/** Something that is wrong with a program as it was written. */
export interface Fault {
  /** Its number in the table of faults (`heddle models`). */
  readonly number: number;
  /** What goes wrong. */
  readonly what: string;
  /** What has to happen for it to show. */
  readonly needs: string;
  /** Where it shows. Default: `echo`. */
  readonly scenario?: ScenarioKind;
}

/** What every entry of the catalogue tells about itself. */
export interface Described {
  readonly id: string;
  /** The article it comes from, if it does. */
  readonly seed?: string;
  /** What it is, in one sentence. */
  readonly what: string;
  /** What is wrong with it as written. */
  readonly faults: readonly Fault[];
}

/** One architecture, as its article has it and fixed. */
export interface Model extends Described {
  readonly seed: string;
  readonly io: IoModel;
  readonly needs?: Need;
  readonly echo: EchoForm;
  /** Messages also go into one queue, and are processed one by one. */
  readonly mergesMessages?: boolean;
  readonly asWritten: Server;
  readonly corrected: Server;
  /** This server with two tasks that wait on one socket, each for one client. */
  readonly twoReaders?: { readonly asWritten: Server; readonly corrected: Server };
}

/** A program that talks to nobody: it prints, and what it prints is known. */
export interface ProgramModel extends Described {
  readonly run: (sys: Sys) => Program;
  /** What the article shows, line for line. */
  readonly transcript: readonly string[];
  /** What Python prints as well, where another program of the machine's makes its timers late. */
  readonly otherTranscripts?: readonly (readonly string[])[];
  /** A number at the end of a line is a time that it has measured: whoever is late prints more. */
  readonly measures?: true;
}

export interface ClientOptions {
  readonly port: number;
  /** How many threads. */
  readonly threads: number;
  /**
   * How often each sends; the article's does for ever. Who has lines to read sends each of them.
   */
  readonly rounds: number;
  /** Hears what was sent and what was taken for its answer. */
  readonly answered: (sent: Uint8Array, answer: Uint8Array) => void;
}

export type Client = (sys: Sys, options: ClientOptions) => Program;

/** A client program of an echo service. */
export interface ClientModel extends Described {
  /** It reads what to send from descriptor 0, line by line. */
  readonly reads?: boolean;
  readonly asWritten: Client;
  readonly corrected: Client;
}

/** It saves a text under a path, and is over when that is saved. */
export type Save = (sys: Sys, path: string, text: string) => Program;

/** A way to save something. */
export interface Store extends Described {
  /** What not every kernel can give. */
  readonly needs: Need;
  readonly path: string;
  /** Whether a text takes the place of the one before it. */
  readonly keeps: 'last' | 'all';
  readonly asWritten: Save;
  readonly corrected: Save;
  /** What the corrected one does when it starts. */
  readonly recover?: (sys: Sys, path: string) => Program;
  /** What was saved, of what is in the file; undefined where there is none. */
  readonly found: {
    readonly [variant in 'asWritten' | 'corrected']: (file: Uint8Array | undefined) => string[];
  };
}
