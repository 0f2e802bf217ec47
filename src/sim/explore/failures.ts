import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { UsageError } from '../../sys/errors.ts';
import type { Failure } from '../schedule/failure.ts';
import type { NamedSchedule } from '../schedule/strategies/replay-by-name.ts';
import { formatSchedule } from '../schedule/text.ts';

/** The folder for failures, in the current one. */
export const FAILURES_FOLDER = '.heddle';

const FORMAT = 'heddle-failure';
const VERSION = 1;

/** A failure as it lies on disk: decisions, not events; no wall clock, no absolute path. */
export interface FailureFile {
  format: typeof FORMAT;
  version: typeof VERSION;
  scenario: { name: string };
  failure: {
    kind: string;
    law: string;
    message: string;
    step: number;
    task: string | null;
    signature: string;
  };
  /** Text of the schedule. */
  schedule: string;
  /** The same by names, for a replay that survives unrelated edits: who moved, with which syscall. */
  moves: ([who: string] | [who: string, call: string])[];
  /** The other decisions: kind, what it was about, the alternative taken. */
  choices: [kind: string, about: string, choice: number][];
  /** Hash of the trace that this schedule gave. */
  digest: string;
  found: { run: number; strategy: string; seed: number; decisions: number; shrinkReplays: number };
}

const schema: z.ZodType<FailureFile> = z.looseObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  scenario: z.looseObject({ name: z.string() }),
  failure: z.looseObject({
    kind: z.string(),
    law: z.string(),
    message: z.string(),
    step: z.number(),
    task: z.string().nullable(),
    signature: z.string(),
  }),
  schedule: z.string(),
  moves: z.array(z.tuple([z.string()]).or(z.tuple([z.string(), z.string()]))),
  choices: z.array(z.tuple([z.string(), z.string(), z.number()])),
  digest: z.string().regex(/^[0-9a-f]{16}$/),
  found: z.looseObject({
    run: z.number(),
    strategy: z.string(),
    seed: z.number(),
    decisions: z.number(),
    shrinkReplays: z.number(),
  }),
});

export interface FailureToSave {
  readonly scenario: string;
  readonly failure: Failure;
  readonly decisions: readonly number[];
  readonly named: NamedSchedule;
  readonly digest: string;
  readonly found: FailureFile['found'];
}

/** Write a failure where the next run will find it; gives the file's path. The same failure always lands under the same name. */
export function saveFailure(given: FailureToSave, folder: string = FAILURES_FOLDER): string {
  const { failure } = given;
  const content: FailureFile = {
    format: FORMAT,
    version: VERSION,
    scenario: { name: given.scenario },
    failure: {
      kind: failure.kind,
      law: failure.law,
      message: failure.message,
      step: failure.step,
      task: failure.task ?? null,
      signature: failure.signature,
    },
    schedule: formatSchedule(given.scenario, given.decisions),
    moves: given.named.moves.map(({ who, call }) => (call === undefined ? [who] : [who, call])),
    choices: given.named.choices.map(({ kind, about, choice }) => [kind, about, choice]),
    digest: given.digest,
    found: given.found,
  };
  const identity = JSON.stringify([content.scenario.name, failure.signature]);
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 8);
  const path = join(folder, `${slugOf(given.scenario)}-${digest}.json`);
  // A name of its own and a rename: whoever reads, and whatever kills us, there is a whole file or none.
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(unfinished, formatFailureFile(content));
    renameSync(unfinished, path);
  } catch (error) {
    removeQuietly(unfinished);
    throw new UsageError(
      `the failure could not be saved to ${path}: ${(error as Error).message}; make ${folder} writable, or keep this schedule: ${content.schedule}`,
    );
  }
  return path;
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // There is no such folder: nothing was written.
  }
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

/** Read a failure file; a damaged or foreign one is refused with the field that is wrong. */
export function readFailure(path: string): FailureFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${path} cannot be read: ${(error as Error).message}; heddle fuzz saves failures under ${FAILURES_FOLDER}/`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is damaged: it is no JSON (${(error as Error).message})`);
  }
  const { format, version } = (json ?? {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT) {
    throw new UsageError(
      `${path} is not a failure of heddle: its field "format" is ${JSON.stringify(format)} and not ${JSON.stringify(FORMAT)}`,
    );
  }
  if (version !== VERSION) {
    throw new UsageError(
      `${path} has version ${JSON.stringify(version)} of the format; this heddle reads version ${VERSION}, find the failure anew with heddle fuzz`,
    );
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UsageError(
      `${path} is damaged: field ${JSON.stringify(issue?.path.join('.'))}: ${issue?.message}; delete it, heddle fuzz will find the failure anew`,
    );
  }
  return parsed.data;
}

export interface SavedFailure {
  readonly path: string;
  readonly file: FailureFile;
}

/** All failures saved in `folder`, by name; one that cannot be read is reported through `onDamaged` and stops nothing. */
export function savedFailures(
  folder: string = FAILURES_FOLDER,
  onDamaged: (message: string) => void = () => {},
): SavedFailure[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const saved: SavedFailure[] = [];
  for (const name of names.filter((file) => file.endsWith('.json')).sort()) {
    const path = join(folder, name);
    try {
      saved.push({ path, file: readFailure(path) });
    } catch (error) {
      onDamaged((error as Error).message);
    }
  }
  return saved;
}

/** The names of a saved schedule, as the replay by name wants them. */
export function namedSchedule(file: FailureFile): NamedSchedule {
  return {
    moves: file.moves.map(([who, call]) => (call === undefined ? { who } : { who, call })),
    choices: file.choices.map(([kind, about, choice]) => ({ kind, about, choice })),
  };
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return slug.slice(0, 48).replace(/-$/, '');
}
