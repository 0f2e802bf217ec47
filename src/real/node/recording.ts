import type * as z from 'zod';
import { fileOf } from '../../sim/explore/failures.ts';
import { zod } from '../../sim/explore/zod.ts';
import type { Upcall } from '../../sim/network/carrier.ts';
import { type RecordedUpcall, writeUpcall } from '../../sim/network/recorded.ts';
import type { Failure } from '../../sim/schedule/failure.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import type { Run, RunResult } from '../../sim/schedule/run.ts';
import { Moves } from './moves.ts';

/** Of all recordings. */
export const RECORDING_VERSION = 1;

/**
 * A run on Node's sockets, written down: what the network and the clock did, what was decided, and,
 * so that a replay can tell where it departs, what each step was. Plain JSON.
 *
 * @since 0.2.0
 */
export interface NodeRecording {
  /** Version of the format. */
  readonly heddleRecording: typeof RECORDING_VERSION;
  /** The scenario's name. */
  readonly scenario: string;
  /** Where it is defined, as far as that is known. */
  readonly file: string | null;
  /** CLOCK_REALTIME when it began. */
  readonly epochMs: number;
  /** Ports of the scenario stood for free ones of the machine. */
  readonly mapPorts: boolean;
  /** Names of the faults that could be drawn. */
  readonly faults: readonly string[];
  /** All decisions, up to the last that was not calm. */
  readonly schedule: readonly number[];
  /** What the real sockets told, in order. */
  readonly upcalls: readonly RecordedUpcall[];
  /** What steps were, in words; each once. */
  readonly texts: readonly string[];
  /**
   * For each step three numbers: its text, a hash of what went in and came out, and the nanoseconds
   * since the step before.
   */
  readonly steps: readonly number[];
  /** The monotonic clock at the end. */
  readonly endNs: number;
  /** What ended the run from outside: a limit or an abort. */
  readonly stopped: { readonly failure: Failure | undefined } | null;
  /** Hash of the trace, 16 hexadecimal digits. */
  readonly digest: string;
}

/** Numbers a step in {@link NodeRecording.steps}. */
export const NUMBERS_A_STEP = 3;

/** Writes a run down while it goes on. */
export class RecordingWriter {
  readonly moves: Moves;
  readonly #upcalls: RecordedUpcall[] = [];
  readonly #texts = new Map<string, number>();
  readonly #steps: number[] = [];
  #lastNs = 0;

  /** @param watcher hears of everything as well */
  constructor(watcher?: Observer) {
    this.moves = new Moves(watcher);
  }

  /** Taken in after `step` steps. */
  admitted(step: number, upcalls: readonly Upcall[]): void {
    for (const upcall of upcalls) this.#upcalls.push(writeUpcall(step, upcall));
  }

  /** A step was taken at `nowNs`. */
  stepped(nowNs: number): void {
    const { text, hash } = this.moves.taken();
    let index = this.#texts.get(text);
    if (index === undefined) {
      index = this.#texts.size;
      this.#texts.set(text, index);
    }
    this.#steps.push(index, hash, nowNs - this.#lastNs);
    this.#lastNs = nowNs;
  }

  /** @param stopped what ended the run from outside, if anything did */
  finish(
    run: Run,
    result: RunResult,
    about: Pick<NodeRecording, 'epochMs' | 'mapPorts' | 'faults' | 'stopped'>,
  ): NodeRecording {
    return {
      heddleRecording: RECORDING_VERSION,
      scenario: run.scenario.name,
      file: fileOf(run.scenario.where),
      ...about,
      schedule: result.schedule,
      upcalls: this.#upcalls,
      texts: [...this.#texts.keys()],
      steps: this.#steps,
      endNs: run.world.clock.nowNs,
      digest: result.digest,
    };
  }
}

/** The shape of a {@link NodeRecording}. */
export function nodeRecordingShape(): z.ZodType {
  const z = zod();
  const count = z.number().int().nonnegative();
  const id = z.number().int();
  const address = z.looseObject({ host: z.string(), port: count });
  const upcall = <What extends string>(what: What, fields: z.ZodRawShape): z.ZodObject =>
    z.looseObject({ step: count, id, what: z.literal(what), ...fields });
  return z.looseObject({
    scenario: z.string(),
    file: z.string().nullable(),
    epochMs: z.number(),
    mapPorts: z.boolean(),
    faults: z.array(z.string()),
    schedule: z.array(count),
    upcalls: z.array(
      z.union([
        upcall('listening', { errno: count, port: count }),
        upcall('incoming', { listener: id, local: address, peer: address }),
        upcall('established', { local: address, peer: address }),
        upcall('refused', { errno: count }),
        upcall('data', { base64: z.string() }),
        upcall('written', { count }),
        upcall('fin', {}),
        upcall('finSent', {}),
        upcall('reset', { errno: count }),
      ]),
    ),
    texts: z.array(z.string()),
    steps: z.array(z.number()),
    endNs: z.number(),
    stopped: z.looseObject({}).nullable(),
    digest: z.string(),
  });
}
