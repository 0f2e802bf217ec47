import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type * as z from 'zod';
import { UsageError } from '../../sys/errors.ts';
import type { Failure } from '../schedule/failure.ts';
import {
  faultsOf,
  type Recipe,
  type Scenario,
  type ScenarioOptions,
} from '../schedule/scenario.ts';
import type { NamedSchedule } from '../schedule/strategies/replay-by-name.ts';
import { formatSchedule } from '../schedule/text.ts';
import { isOfProject } from './project.ts';
import { unpolluted } from './unpolluted.ts';
import { readBounded, writeWhole } from './whole-file.ts';
import { zod } from './zod.ts';

/** The folder for failures, in the current one. */
export const FAILURES_FOLDER = '.heddle';

/** How files end that hold the recording of a run on real sockets; they lie among the failures. */
export const RECORDING_SUFFIX = '.recording.json';

const FORMAT = 'heddle-failure';
const VERSION = 1;

/**
 * A failure as it lies on disk: decisions, not events; no wall clock, no absolute path. The same
 * failure gives the same bytes on every machine. The schema says what the fields mean; fields that
 * this version does not know are let be.
 */
export interface FailureFile {
  format: typeof FORMAT;
  version: typeof VERSION;
  scenario: { name: string; file: string | null; recipe?: Recipe | undefined };
  failure: {
    kind: string;
    law: string;
    message: string;
    step: number;
    task: string | null;
    at: string | null;
    signature: string;
  };
  schedule: string;
  moves: ([who: string] | [who: string, call: string])[];
  choices: [kind: string, about: string, choice: number][];
  digest: string;
  world: { faults: string[]; network?: ScenarioOptions['network'] | undefined };
  found: { run: number; strategy: string; seed: number; decisions: number; shrinkReplays: number };
  source: { files: Record<string, string> };
}

let schema: z.ZodType<FailureFile> | undefined;

/** Made when it is asked for: most runs read no file. */
function failureFile(): z.ZodType<FailureFile> {
  schema ??= makeSchema();
  return schema;
}

function makeSchema(): z.ZodType<FailureFile> {
  const z = zod();
  // Of decisions, steps, bytes, milliseconds.
  const count = z.number().int().nonnegative();
  return z.looseObject({
    format: z.literal(FORMAT),
    version: z.literal(VERSION),
    scenario: z.looseObject({
      name: z.string(),
      file: z
        .string()
        .nullable()
        .describe('where it is defined, relative to the folder of .heddle'),
      recipe: z
        .looseObject({ by: z.string() })
        .optional()
        .describe('what it is made of, if it is made of data'),
    }),
    failure: z.looseObject({
      kind: z.string().describe('law, law-threw, died, deadlock, outside, race, livelock'),
      law: z.string(),
      message: z.string(),
      step: count,
      task: z.string().nullable(),
      at: z.string().nullable().describe("the user's line, as src/server.ts:22:11"),
      signature: z.string().describe('the same for failures that are the same mistake'),
    }),
    schedule: z.string().describe('the decisions as text'),
    moves: z
      .array(z.tuple([z.string()]).or(z.tuple([z.string(), z.string()])))
      .describe('who moved, with which syscall: for a replay that survives unrelated edits'),
    choices: z
      .array(z.tuple([z.string(), z.string(), count]))
      .describe('the other decisions: kind, what it was about, the alternative taken'),
    digest: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .describe('hash of the trace that this schedule gave'),
    world: z.looseObject({
      faults: z.array(z.string()).describe('that could be drawn, in this order'),
      network: z
        .object({
          mode: z.exactOptional(z.enum(['loopback', 'adversarial'])),
          splits: z.exactOptional(z.boolean()),
          latencyMsMin: z.exactOptional(count),
          latencyMsMax: z.exactOptional(count),
          sendBufferBytes: z.exactOptional(count),
          ephemeralPorts: z.exactOptional(z.tuple([count, count])),
        })
        .optional()
        .describe('what the scenario said of it, or was said when it was fuzzed'),
    }),
    found: z.looseObject({
      run: count,
      strategy: z.string(),
      seed: count,
      decisions: count,
      shrinkReplays: count,
    }),
    source: z.looseObject({
      files: z
        .record(z.string(), z.string().regex(/^[0-9a-f]{64}$/))
        .describe("SHA-256 of the user's files that take part, by path"),
    }),
  });
}

/** The format as a JSON schema, for others' tools. */
export function failureSchema(): object {
  return {
    title: 'A failure of heddle',
    description: 'What heddle keeps under .heddle/: the decisions of a failing run.',
    ...unpolluted(() => zod().toJSONSchema(failureFile(), { io: 'input' })),
  };
}

export interface FailureToSave {
  readonly scenario: Scenario;
  readonly failure: Failure;
  /** The user's line. */
  readonly at: string | undefined;
  readonly decisions: readonly number[];
  readonly named: NamedSchedule;
  readonly digest: string;
  readonly found: FailureFile['found'];
  /** Source files that take part, relative to the current folder. */
  readonly sources: readonly string[];
  /** Which of several mistakes it is that have one signature. Default: they are one. */
  readonly knownAs?: string | undefined;
}

/**
 * Write a failure where the next run will find it; gives the file's path. The same failure always
 * lands under the same name.
 */
export function saveFailure(given: FailureToSave, folder: string = FAILURES_FOLDER): string {
  const { scenario, failure, knownAs } = given;
  const identity = JSON.stringify([
    scenario.name,
    failure.signature,
    ...(knownAs === undefined ? [] : [knownAs]),
  ]);
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 8);
  const path = join(folder, `${slugOf(scenario.name)}-${digest}.json`);
  writeFailure(path, given);
  return path;
}

/** Write a failure into a file, in place of what was there. */
export function writeFailure(path: string, given: FailureToSave): void {
  const { failure, scenario } = given;
  const content: FailureFile = {
    format: FORMAT,
    version: VERSION,
    scenario: {
      name: scenario.name,
      file: fileOf(scenario.where),
      ...(scenario.recipe === undefined ? {} : { recipe: scenario.recipe }),
    },
    failure: {
      kind: failure.kind,
      law: failure.law,
      message: failure.message,
      step: failure.step,
      task: failure.task ?? null,
      at: given.at ?? null,
      signature: failure.signature,
    },
    schedule: formatSchedule(scenario.name, given.decisions),
    moves: given.named.moves.map(({ who, call }) => (call === undefined ? [who] : [who, call])),
    choices: given.named.choices.map(({ kind, about, choice }) => [kind, about, choice]),
    digest: given.digest,
    world: {
      faults: [...faultsOf(scenario)],
      ...(scenario.options.network === undefined ? {} : { network: scenario.options.network }),
    },
    found: given.found,
    source: { files: hashesOf(given.sources) },
  };
  try {
    writeWhole(path, formatFailureFile(content));
  } catch (error) {
    throw new UsageError(
      `the failure could not be saved to ${path}: ${(error as Error).message}; make room in ${dirname(path)} or make it writable, or keep this schedule: ${content.schedule}`,
    );
  }
}

/** `src/server.ts` of `src/server.ts:22:11`. */
export function fileOf(where: string): string | null {
  return where === '' ? null : where.replace(/:\d+:\d+$/, '');
}

/** Source that somebody wrote is smaller; what is larger is a bundle or no source. */
const SOURCE_BYTES_MAX = 16 * 2 ** 20;

/** SHA-256 of files, in the order of their names; of those that can be read. */
function hashesOf(paths: readonly string[]): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const path of [...new Set(paths)].sort()) {
    const hash = hashOf(path);
    if (hash !== undefined) hashes[path] = hash;
  }
  return hashes;
}

function hashOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readBounded(path, SOURCE_BYTES_MAX)).digest('hex');
  } catch {
    return undefined;
  }
}

/**
 * The source files that are not what they were when a failure was saved: `src/server.ts (sha256
 * 4be1… → 09ac…)`. Of files outside the project nothing is said: they are not the failure's to ask
 * about.
 */
export function changedSources({ path: saved, file }: SavedFailure): string[] {
  const changed: string[] = [];
  for (const [path, before] of Object.entries(file.source.files)) {
    const noted = notedPath(saved, path);
    if (isAbsolute(path) || (existsSync(noted) && !isOfProject(noted))) continue;
    const now = hashOf(noted);
    if (now === before) continue;
    const which = now === undefined ? 'is not there any more' : `${now.slice(0, 4)}…`;
    changed.push(`${path} (sha256 ${before.slice(0, 4)}… → ${which})`);
  }
  return changed;
}

/**
 * Where a file is that a failure notes: seen from the folder of `.heddle`, whichever folder is the
 * current one; from the current one if the failure has been put elsewhere.
 *
 * @param saved the failure's own path
 */
export function notedPath(saved: string, noted: string): string {
  const there = join(dirname(dirname(saved)), noted);
  return !isAbsolute(noted) && existsSync(there) ? there : noted;
}

/** One line a field at the top, one line a move: small diffs for those who commit such files. */
function formatFailureFile(content: FailureFile): string {
  const lines = Object.entries(content).map(([key, value]) => {
    if (!Array.isArray(value)) return `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    const items = value.map((item) => `    ${JSON.stringify(item)}`).join(',\n');
    return items === ''
      ? `  ${JSON.stringify(key)}: []`
      : `  ${JSON.stringify(key)}: [\n${items}\n  ]`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * The longest run that was ever saved had 200,000 steps, of which each takes about 50 bytes here;
 * what is larger than six times that is something else.
 */
const FILE_BYTES_MAX = 64 * 2 ** 20;

/** Read a failure file; a damaged or foreign one is refused with the field that is wrong. */
export function readFailure(path: string): FailureFile {
  let text: string;
  try {
    text = readBounded(path, FILE_BYTES_MAX).toString('utf8');
  } catch (error) {
    throw new UsageError(
      `${path} cannot be read: ${(error as Error).message}; heddle fuzz saves failures under ${FAILURES_FOLDER}/`,
    );
  }
  return parseFailure(text, path);
}

/** What a failure file holds: as {@link readFailure}, where its text has come another way. */
export function parseFailure(text: string, path: string): FailureFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${path} is damaged: it is no JSON (${excerpt((error as Error).message)})`,
    );
  }
  const { format, version } = (json ?? {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT) {
    throw new UsageError(
      `${path} is not a failure of heddle: its field "format" is ${excerpt(JSON.stringify(format))} and not ${JSON.stringify(FORMAT)}`,
    );
  }
  if (version !== VERSION) {
    throw new UsageError(
      `${path} has version ${excerpt(JSON.stringify(version))} of the format; this heddle reads version ${VERSION}, find the failure again with heddle fuzz`,
    );
  }
  const parsed = unpolluted(() => failureFile().safeParse(json));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = excerpt(JSON.stringify(issue?.path.join('.')));
    throw new UsageError(
      `${path} is damaged: field ${field}: ${excerpt(issue?.message)}; delete it, heddle fuzz will find the failure again`,
    );
  }
  return parsed.data;
}

/** A message is a line or two, whatever a file says. */
const EXCERPT_CHARS_MAX = 120;

function excerpt(text = 'undefined'): string {
  return text.length <= EXCERPT_CHARS_MAX ? text : `${text.slice(0, EXCERPT_CHARS_MAX - 1)}…`;
}

export interface SavedFailure {
  readonly path: string;
  readonly file: FailureFile;
}

/**
 * All failures saved in `folder`, by name; one that cannot be read is reported through `onDamaged`
 * and stops nothing.
 */
export function savedFailures(
  folder: string = FAILURES_FOLDER,
  onDamaged: (message: string) => void = () => {},
): SavedFailure[] {
  const saved: SavedFailure[] = [];
  for (const path of failurePaths(folder)) {
    try {
      saved.push({ path, file: readFailure(path) });
    } catch (error) {
      onDamaged((error as Error).message);
    }
  }
  return saved;
}

/** By name. */
function failurePaths(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(isFailureName)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** The failure that was saved last; undefined if there is none. */
export function newestFailure(folder: string = FAILURES_FOLDER): string | undefined {
  const saved = failurePaths(folder).map((path) => ({ path, savedMs: statSync(path).mtimeMs }));
  return saved.sort((a, b) => a.savedMs - b.savedMs).at(-1)?.path;
}

function isFailureName(name: string): boolean {
  return name.endsWith('.json') && !name.endsWith(RECORDING_SUFFIX);
}

/** What to say of a saved failure that does not fail any more. */
export function passesNowText(path: string): string {
  return `${path} passes now: it is fixed, or the scenario has changed; heddle prune deletes what passes`;
}

/** The names of a saved schedule, as the replay by name wants them. */
export function namedSchedule(file: FailureFile): NamedSchedule {
  return {
    moves: file.moves.map(([who, call]) => (call === undefined ? { who } : { who, call })),
    choices: file.choices.map(([kind, about, choice]) => ({ kind, about, choice })),
  };
}

/** A scenario's name as part of a file's. */
export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return slug.slice(0, 48).replace(/-$/, '');
}
