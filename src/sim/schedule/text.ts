import { UsageError } from '../../sys/errors.ts';

/**
 * Schedules as text, short enough to paste: `h1:` and base64url of
 *
 *     scenario 3 bytes hash of the scenario's name, so that a schedule is not replayed on another
 *     decisions  varints    pairs: how many calm decisions (0), then one that is not
 *     check      2 bytes    hash of all that stands before, so that a damaged schedule is refused
 *
 * Trailing calm decisions are left out, since a missing tail means "calm from here on". Where a
 * schedule is to be kept, a dot follows and 2 bytes more: what its decisions were about, so that
 * one that no longer fits its scenario is found out (strategies/fitting.ts).
 */
const PREFIX = 'h1:';
const SCENARIO_BYTES = 3;
const CHECK_BYTES = 2;

export interface ParsedSchedule {
  /** {@link scenarioHash} of the scenario it belongs to. */
  readonly scenario: number;
  readonly decisions: number[];
  /** What the decisions were about (`FittingReplay`); undefined if it is not said. */
  readonly fit: number | undefined;
}

/** A schedule that cannot be used; the message says what is wrong and what to do. @since 0.1.0 */
export class ScheduleError extends UsageError {
  override readonly name = 'ScheduleError';
}

/** 24 bits that tell scenarios apart by name. */
export function scenarioHash(name: string): number {
  return fnv1a(new TextEncoder().encode(name)) & 0xffffff;
}

/**
 * Decisions as a line of text, `h1:…`; {@link parseSchedule} reads it.
 *
 * ```ts
 * const text = formatSchedule(echo.name, [0, 1]); // 'h1:…'
 * ```
 *
 * @param fit what the decisions are about, for a schedule that is to be kept
 * @since 0.1.0
 */
export function formatSchedule(
  scenarioName: string,
  decisions: readonly number[],
  fit?: number,
): string {
  const bytes: number[] = [];
  const hash = scenarioHash(scenarioName);
  bytes.push(hash >>> 16, (hash >>> 8) & 0xff, hash & 0xff);
  let calm = 0;
  for (const decision of decisions) {
    if (decision === 0) {
      calm++;
      continue;
    }
    pushVarint(bytes, calm);
    pushVarint(bytes, decision);
    calm = 0;
  }
  bytes.push(...twoBytes(fnv1a(bytes) & 0xffff));
  const body = PREFIX + Buffer.from(bytes).toString('base64url');
  return fit === undefined ? body : `${body}.${twoBytes(fit).toString('base64url')}`;
}

function twoBytes(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 0xff]);
}

/** Whether somebody means a schedule (`h1:…`) and no file; it need not be a whole one. */
export function isScheduleText(text: string): boolean {
  return /^h\d+:/.test(text);
}

/**
 * Read what {@link formatSchedule} wrote.
 *
 * ```ts
 * const { decisions } = parseSchedule('h1:_8lVBAEAAeps');
 * replay(echo, decisions);
 * ```
 *
 * @since 0.1.0
 */
export function parseSchedule(text: string): ParsedSchedule {
  const trimmed = text.trim();
  const version = /^h(\d+):/.exec(trimmed)?.[1];
  if (version === undefined) {
    throw new ScheduleError(
      `this is not a schedule: it should begin with "${PREFIX}" as in ${PREFIX}AwEJ_gIB7Q, but begins with ${JSON.stringify(trimmed.slice(0, 12))}`,
    );
  }
  if (version !== '1') {
    throw new ScheduleError(
      `schedule format h${version} is not known to this version of heddle, which reads h1; replay it with the version that printed it`,
    );
  }
  const [body = '', fit] = trimmed.slice(PREFIX.length).split(/\.(?=[^.]{3}$)/);
  const bad = /[^A-Za-z0-9_-]/.exec(body + (fit ?? ''));
  if (bad !== null) {
    throw new ScheduleError(
      `this schedule is damaged: ${JSON.stringify(bad[0])} at character ${PREFIX.length + bad.index + 1} cannot stand in one; paste it again, whole`,
    );
  }
  const bytes = [...Buffer.from(body, 'base64url')];
  const end = bytes.length - CHECK_BYTES;
  if (
    end < SCENARIO_BYTES ||
    (fnv1a(bytes.slice(0, end)) & 0xffff) !== (byteAt(bytes, end) << 8) + byteAt(bytes, end + 1)
  ) {
    throw new ScheduleError(
      `this schedule is damaged: its check does not agree with its ${bytes.length} bytes (a character was lost or changed); paste it again, whole`,
    );
  }
  const scenario = (byteAt(bytes, 0) << 16) | (byteAt(bytes, 1) << 8) | byteAt(bytes, 2);
  const decisions: number[] = [];
  let at = SCENARIO_BYTES;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      if (at >= end) throw new ScheduleError('this schedule is damaged: it ends within a number');
      const byte = byteAt(bytes, at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < end) {
    const calm = varint();
    if (decisions.length + calm > DECISIONS_MAX) {
      throw new ScheduleError(
        'this schedule is damaged: it claims more decisions than a run can have',
      );
    }
    for (let i = 0; i < calm; i++) decisions.push(0);
    decisions.push(varint());
  }
  return { scenario, decisions, fit: fit === undefined ? undefined : fitOf(fit) };
}

function fitOf(text: string): number {
  const [high = 0, low = 0] = Buffer.from(text, 'base64url');
  return (high << 8) | low;
}

/**
 * Bounds what a few characters can make us allocate: 16 MB. A run of the default length has at most
 * 20,000 steps and a few decisions in each, the longest of the built-in ones 200,000.
 */
const DECISIONS_MAX = 2_000_000;

function byteAt(bytes: readonly number[], index: number): number {
  return bytes[index] as number;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function fnv1a(bytes: Iterable<number>): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
