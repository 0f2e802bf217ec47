import type * as z from 'zod';
import { fileOf } from '../../sim/explore/failures.ts';
import { zod } from '../../sim/explore/zod.ts';
import type { Run, RunResult } from '../../sim/schedule/run.ts';
import type { JournalPages } from './journal.ts';
import type { LinuxRunOptions } from './run.ts';

/** Options that a run hangs on besides what it is told. */
const SETTINGS = [
  'timeMsMax',
  'stepsMax',
  'idleMsMax',
  'settleMsMax',
  'mapPorts',
  'address',
] as const;

/**
 * A run on Linux's own sockets, written down: all that libc and the clock answered, in order, and
 * what was decided. Plain JSON.
 *
 * @since 0.2.0
 */
export interface LinuxRecording extends JournalPages {
  /** Version of the format. */
  readonly heddleRecording: 1;
  /** Whose sockets. */
  readonly on: 'linux';
  /** The scenario's name. */
  readonly scenario: string;
  /** Where it is defined, as far as that is known. */
  readonly file: string | null;
  /** The limits of the run, and how its ports were. */
  readonly settings: Pick<LinuxRunOptions, (typeof SETTINGS)[number]>;
  /** All decisions, up to the last that was not calm. */
  readonly schedule: readonly number[];
  /** Hash of the trace, 16 hexadecimal digits. */
  readonly digest: string;
}

/** What is kept of a run that is over. */
export function recordingOf(
  run: Run,
  { schedule, digest }: RunResult,
  options: LinuxRunOptions,
  pages: JournalPages,
): LinuxRecording {
  const { name: scenario, where } = run.scenario;
  const given = SETTINGS.filter((name) => options[name] !== undefined);
  const settings = Object.fromEntries(given.map((name) => [name, options[name]]));
  const about = { scenario, file: fileOf(where), settings, schedule, digest };
  return { heddleRecording: 1, on: 'linux', ...about, ...pages };
}

/** The shape of a {@link LinuxRecording}. */
export function linuxRecordingShape(): z.ZodType {
  const z = zod();
  const count = z.number().int().nonnegative();
  const limit = z.number().nonnegative().optional();
  return z.looseObject({
    on: z.literal('linux'),
    scenario: z.string(),
    file: z.string().nullable(),
    settings: z.looseObject({
      timeMsMax: limit,
      stepsMax: limit,
      idleMsMax: limit,
      settleMsMax: limit,
      mapPorts: z.boolean().optional(),
      address: z.string().optional(),
    }),
    schedule: z.array(count),
    names: z.array(z.string()),
    told: z.array(z.tuple([count, z.number(), z.unknown()])),
    asides: z.record(z.string(), z.array(z.tuple([count, z.unknown()]))),
    digest: z.string(),
  });
}
