import type { Program, Sys } from '../sys/index.ts';

export interface ServerOptions {
  readonly port: number;
}

/** A server program. */
export type Server = (sys: Sys, options: ServerOptions) => Program;

/**
 * What a server answers: the same bytes, or `Got: ` and what one recv returned, each time.
 */
export type EchoForm = 'same' | 'got';

/** Something that is wrong with a program as it was written. */
export interface Fault {
  /** Its number in the table of faults (docs/models.md). */
  readonly number: number;
  /** What goes wrong. */
  readonly what: string;
  /** What has to happen for it to show. */
  readonly needs: string;
}

/** One architecture, as its article has it and repaired. */
export interface Model {
  readonly id: string;
  /** The article it comes from. */
  readonly seed: string;
  /** The architecture in one sentence. */
  readonly what: string;
  readonly echo: EchoForm;
  readonly asWritten: Server;
  readonly corrected: Server;
  /** What is wrong with it as written. */
  readonly faults: readonly Fault[];
}
