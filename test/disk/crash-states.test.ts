// The states of a disk after a crash, by enumeration, against a definition of its own.
//
// The definition knows nothing of how the simulated disk keeps its books: it is handed the calls of
// a small program, as they were made, and says which contents may be found afterwards.

import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { CrashModelName } from '../../src/sim/kernel/choices.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';

/** One call of a small program. */
type Call =
  | readonly ['create' | 'truncate' | 'close' | 'fsync' | 'unlink', file: string]
  | readonly ['write', file: string, at: number, size: number, byte: number]
  | readonly ['rename', from: string, to: string]
  | readonly ['mkdir', path: string]
  | readonly ['fsyncdir', path: string];

const PAGE = 4096;
const NAMES = ['/a', '/b', '/d/a'];

/** `aaa000bb` in short: `a3 \0x3 b2`. */
function shown(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return '-';
  const runs: string[] = [];
  for (let i = 0; i < bytes.length; ) {
    let end = i;
    while (end < bytes.length && bytes[end] === bytes[i]) end++;
    runs.push(`${bytes[i] === 0 ? '.' : String.fromCharCode(bytes[i] as number)}${end - i}`);
    i = end;
  }
  return runs.join(' ');
}

/** All that the simulated disk gives after a crash behind these calls. */
function simulated(calls: readonly Call[], model: CrashModelName): string[] {
  const found = new Set<string>();
  const world: Scenario = scenario('crash', (built) => {
    const db = built.host('db');
    db.setCrashModel(model);
    let done = false;
    db.process('p').spawn('p', function* program(sys) {
      yield* carriedOut(sys, calls);
      done = true;
      yield* sys.nanosleep({ s: 3600 });
    });
    built
      .host('chaos')
      .process('chaos')
      .spawn('chaos', function* chaos(sys) {
        yield* sys.nanosleep({ ms: 1 });
        expect(done).toBe(true);
        db.crash();
      });
    built.finally('seen', () => {
      found.add(NAMES.map((name) => `${name} ${shown(db.readFile(name))}`).join(', '));
      return true;
    });
  });
  const strategy = new DepthFirst();
  while (attempt({ ...world, options: { faults: [] } }, strategy) !== undefined);
  return [...found].sort();
}

function* carriedOut(sys: Sys, calls: readonly Call[]): Program {
  const open = new Map<string, number>();
  for (const call of calls) {
    const [name, path] = call;
    const fd = open.get(path) as number;
    if (name === 'create') open.set(path, yield* sys.open(path, c.O_RDWR | c.O_CREAT));
    else if (name === 'truncate') yield* sys.ftruncate(fd, 0);
    else if (name === 'close') yield* sys.close(fd);
    else if (name === 'fsync') yield* sys.fsync(fd);
    else if (name === 'unlink') yield* sys.unlink(path);
    else if (name === 'mkdir') yield* sys.mkdir(path);
    else if (name === 'rename') yield* sys.rename(path, call[2]);
    else if (name === 'fsyncdir') {
      const directory = yield* sys.open(path, c.O_RDONLY);
      yield* sys.fsync(directory);
      yield* sys.close(directory);
    } else {
      const [, , at, size, byte] = call as Extract<Call, readonly ['write', ...unknown[]]>;
      yield* sys.pwrite(fd, new Uint8Array(size).fill(byte), at);
    }
  }
}

// ---- the definition ----

/** What is known of one file: its number, its writes in order. */
interface Step {
  readonly call: Call;
  /** The file that the call is about: the number of the `create` that has made it. */
  readonly file: number;
}

/** Which file each call is about, from names alone. */
function steps(calls: readonly Call[]): Step[] {
  const named = new Map<string, number>();
  const open = new Map<string, number>();
  return calls.map((call, i) => {
    const [name, path] = call;
    if (name === 'create') {
      if (!named.has(path)) named.set(path, i);
      open.set(path, named.get(path) as number);
    }
    const file = (name === 'rename' || name === 'unlink' ? named : open).get(path) ?? -1;
    if (name === 'unlink') named.delete(path);
    if (name === 'rename') {
      named.set(call[2], file);
      named.delete(path);
    }
    return { call, file };
  });
}

/** Every way to take one of each. */
function* product<T>(choices: readonly (readonly T[])[]): Generator<T[]> {
  const [first, ...rest] = choices;
  if (first === undefined) yield [];
  else for (const one of first) for (const others of product(rest)) yield [one, ...others];
}

function put(bytes: Uint8Array, at: number, size: number, byte: number): Uint8Array {
  const longer = new Uint8Array(Math.max(bytes.length, at + size));
  longer.set(bytes);
  longer.fill(byte, at, at + size);
  return longer;
}

/** Which name stands for which file, if of all calls these have changed names. */
function namesAfter(all: readonly Step[], there: (i: number) => boolean): Map<string, number> {
  const names = new Map<string, number>();
  const directories = new Set<string>();
  const gone = new Map<string, number>();
  all.forEach(({ call, file }, i) => {
    if (!there(i)) return;
    const [name, path] = call;
    if (name === 'create' && file === i) names.set(path, file);
    if (name === 'mkdir') directories.add(path);
    if (name === 'unlink') names.delete(path);
    if (name === 'rename') {
      names.set(call[2], file);
      names.delete(path);
    }
  });
  for (const path of names.keys()) {
    if (path.startsWith('/d/') && !directories.has('/d')) gone.set(path, 0);
  }
  for (const path of gone.keys()) names.delete(path);
  return names;
}

const changesNames = ({ call: [name], file }: Step, i: number): boolean =>
  name === 'rename' || name === 'unlink' || name === 'mkdir' || (name === 'create' && file === i);

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** `harsh`: whatever subset of what was not synced. */
function harsh(calls: readonly Call[]): string[] {
  const all = steps(calls);
  const syncedLater = (i: number, file: number): boolean =>
    all.some(({ call: [name], file: other }, j) => j > i && name === 'fsync' && other === file);
  // Of names: all that was synced, and any subset of the others.
  const changes = all.flatMap((step, i) => (changesNames(step, i) ? [i] : []));
  const certain = certainNames(all, changes);
  const states = new Set<string>();
  for (const there of product(changes.map((i) => (certain.has(i) ? [true] : [true, false])))) {
    const names = namesAfter(all, (i) => there[changes.indexOf(i)] === true);
    const files = [...new Set(names.values())];
    const contents = files.map((file) => harshContents(all, file, syncedLater));
    for (const chosen of product(contents)) states.add(stateText(names, files, chosen));
  }
  return [...states].sort();
}

/** A sync of a directory is about changes in it, and about those before of the same names. */
function certainNames(all: readonly Step[], changes: readonly number[]): Set<number> {
  const certain = new Set<number>();
  const namesOf = (i: number): string[] => (all[i] as Step).call.slice(1).filter(isPath);
  all.forEach(({ call: [name, path] }, at) => {
    if (name !== 'fsyncdir') return;
    const before = changes.filter((i) => i < at && !certain.has(i));
    const its = new Set<string>();
    for (const i of before.reverse()) {
      const names = namesOf(i);
      if (!names.some((one) => directoryOf(one) === path || its.has(one))) continue;
      certain.add(i);
      for (const one of names) its.add(one);
    }
  });
  return certain;
}

const isPath = (value: unknown): value is string => typeof value === 'string';

function harshContents(
  all: readonly Step[],
  file: number,
  syncedLater: (i: number, file: number) => boolean,
): Uint8Array[] {
  type Change = (bytes: Uint8Array) => Uint8Array;
  const parts: { change: Change; certain: boolean }[] = [];
  let size = 0;
  all.forEach(({ call, file: its }, i) => {
    if (its !== file) return;
    const certain = syncedLater(i, file);
    const add = (change: Change): void => void parts.push({ change, certain });
    if (call[0] === 'truncate' && size > 0) {
      size = 0;
      add(() => new Uint8Array(0));
    }
    if (call[0] !== 'write') return;
    const [, , at, length, byte] = call;
    const end = at + length;
    if (end > size) {
      size = end;
      add((bytes) =>
        put(bytes, 0, 0, 0).slice(0, end).length < end
          ? put(bytes, end, 0, 0)
          : bytes.slice(0, end),
      );
    }
    for (let from = at; from < end; from = (Math.floor(from / PAGE) + 1) * PAGE) {
      const to = Math.min(end, (Math.floor(from / PAGE) + 1) * PAGE);
      add((bytes) =>
        put(
          bytes,
          Math.min(from, bytes.length),
          Math.max(0, Math.min(to, bytes.length) - Math.min(from, bytes.length)),
          byte,
        ),
      );
    }
  });
  const found: Uint8Array[] = [];
  for (const there of product(parts.map(({ certain }) => (certain ? [true] : [true, false])))) {
    let bytes: Uint8Array = new Uint8Array(0);
    parts.forEach(({ change }, i) => {
      if (there[i]) bytes = change(bytes);
    });
    found.push(bytes);
  }
  return found;
}

function stateText(
  names: ReadonlyMap<string, number>,
  files: readonly number[],
  contents: readonly Uint8Array[],
): string {
  const of = (name: string): Uint8Array | undefined => {
    const file = names.get(name);
    return file === undefined ? undefined : contents[files.indexOf(file)];
  };
  return NAMES.map((name) => `${name} ${shown(of(name))}`).join(', ');
}

/**
 * `ext4`: names and truncations as they were at some moment, no earlier than the last sync that is
 * about one of them; sizes and pages by themselves, within data=ordered and auto_da_alloc.
 */
function ext4(calls: readonly Call[]): string[] {
  const all = steps(calls);
  const states = new Set<string>();
  for (let moment = certainMoment(all); moment <= all.length; moment++) {
    const names = namesAfter(all, (i) => i < moment);
    const files = [...new Set(names.values())];
    const contents = files.map((file) => ext4Contents(all, file, moment));
    for (const chosen of product(contents)) states.add(stateText(names, files, chosen));
  }
  return [...states].sort();
}

const sizeBefore = (all: readonly Step[], file: number, before: number): number => {
  let size = 0;
  for (const { call, file: its } of all.slice(0, before)) {
    if (its !== file) continue;
    if (call[0] === 'truncate') size = 0;
    if (call[0] === 'write') size = Math.max(size, call[2] + call[3]);
  }
  return size;
};

const truncates = (all: readonly Step[], i: number): boolean => {
  const { call, file } = all[i] as Step;
  return call[0] === 'truncate' && sizeBefore(all, file, i) > 0;
};

const namedBefore = (all: readonly Step[], i: number, name: string): number | undefined =>
  namesAfter(all.slice(0, i), () => true).get(name);

/** A sync is about what was done to its file or directory last, and all before that; or all. */
function certainMoment(all: readonly Step[]): number {
  let certain = 0;
  all.forEach(({ call: [sync, path], file }, at) => {
    if (sync !== 'fsync' && sync !== 'fsyncdir') return;
    const isAbout = ({ call, file: its }: Step, i: number): boolean => {
      if (i >= at || !changesNames({ call, file: its }, i)) return false;
      const paths = call.slice(1).filter(isPath);
      if (sync === 'fsyncdir') {
        return paths.some(
          (one) => directoryOf(one) === path || (call[0] === 'mkdir' && one === path),
        );
      }
      return its === file || (call[0] === 'rename' && namedBefore(all, i, call[2]) === file);
    };
    const since = all.findLastIndex(
      (one, i) => i < at && one.call[0] === 'fsync' && one.file === file,
    );
    const written = all.some(
      ({ call: [what], file: its }, i) =>
        its === file && i > since && i < at && (what === 'write' || truncates(all, i)),
    );
    const moment = sync === 'fsync' && written ? at : all.findLastIndex(isAbout) + 1;
    certain = Math.max(certain, moment);
  });
  return certain;
}

/** Whatever the file may hold, if of names and truncations those before this moment are there. */
function ext4Contents(all: readonly Step[], file: number, moment: number): Uint8Array[] {
  // It begins with what was synced last, or nothing behind a truncation that is there; a truncation
  // that is not there ends it.
  let begin = 0;
  let end = all.length;
  let base: Uint8Array = new Uint8Array(0);
  let writes: { call: Extract<Call, readonly ['write', ...unknown[]]>; i: number }[] = [];
  let emptied = false;
  let forced = 0;
  for (const [i, { call, file: its }] of all.entries()) {
    if (its !== file || i >= end) continue;
    const overwrites = call[0] === 'rename' && namedBefore(all, i, call[2]) !== undefined;
    if (i < moment && (overwrites || (call[0] === 'close' && emptied))) forced = i;
    if (call[0] === 'close') emptied = false;
    if (call[0] === 'truncate') emptied = true;
    if (call[0] === 'write') writes.push({ call, i });
    if (call[0] === 'fsync') {
      for (const {
        call: [, , at, size, byte],
      } of writes)
        base = put(base, at, size, byte);
      [begin, writes] = [i, []];
    }
    if (!truncates(all, i)) continue;
    if (i < moment) [begin, base, writes] = [i, new Uint8Array(0), []];
    else end = i;
  }
  const blocks = Math.ceil(base.length / PAGE) * PAGE;
  const hasNew = writes.some(({ call, i }) => i < forced && call[2] + call[3] > blocks);
  const isForced = ({ i }: { i: number }): boolean => hasNew && i < forced && forced > begin;
  const sizes = [base.length];
  for (const { call } of writes) sizes.push(Math.max(sizes.at(-1) as number, call[2] + call[3]));
  const found: Uint8Array[] = [];
  for (const size of sizes.slice(writes.filter(isForced).length)) {
    const pages: Uint8Array[][] = [];
    for (let at = 0; at < size; at += PAGE) {
      const its = writes.filter(({ call }) => call[2] < at + PAGE && call[2] + call[3] > at);
      const first = Math.min(1, its.length);
      const least = at >= blocks ? Math.max(first, its.filter(isForced).length) : 0;
      const versions: Uint8Array[] = [];
      for (let count = least; count <= its.length; count++) {
        let bytes = base;
        for (const { call } of its.slice(0, count)) bytes = put(bytes, call[2], call[3], call[4]);
        versions.push(put(bytes, size, 0, 0).slice(at, Math.min(size, at + PAGE)));
      }
      pages.push(versions);
    }
    for (const page of product(pages)) found.push(new Uint8Array(page.flatMap((one) => [...one])));
  }
  return found;
}

// ---- programs ----

const a = 'a'.charCodeAt(0);
const b = 'b'.charCodeAt(0);
const x = 'x'.charCodeAt(0);

const saved: readonly Call[] = [
  ['create', '/a'],
  ['write', '/a', 0, 3, a],
  ['fsync', '/a'],
  ['fsyncdir', '/'],
];

const PROGRAMS: Readonly<Record<string, readonly Call[]>> = {
  'a new file': [
    ['create', '/a'],
    ['write', '/a', 0, 3, a],
  ],
  'a new file, synced': [
    ['create', '/a'],
    ['write', '/a', 0, 3, a],
    ['fsync', '/a'],
  ],
  'a new file of two pages': [
    ['create', '/a'],
    ['write', '/a', 0, PAGE + 5, a],
  ],
  'written twice': [
    ['create', '/a'],
    ['write', '/a', 0, 3, a],
    ['write', '/a', 3, 3, b],
  ],
  'written at the beginning last': [
    ['create', '/a'],
    ['write', '/a', PAGE, 3, a],
    ['write', '/a', 0, 3, b],
  ],
  overwritten: [...saved, ['write', '/a', 0, 3, x]],
  'overwritten and longer': [...saved, ['write', '/a', 1, 5, x], ['write', '/a', 6, PAGE, b]],
  'truncated and written': [...saved, ['truncate', '/a'], ['write', '/a', 0, 5, x]],
  'truncated, written and closed': [
    ...saved,
    ['truncate', '/a'],
    ['write', '/a', 0, 5, x],
    ['close', '/a'],
    ['create', '/b'],
  ],
  'truncated, written, closed, and another synced': [
    ...saved,
    ['create', '/b'],
    ['truncate', '/a'],
    ['write', '/a', 0, 5, x],
    ['close', '/a'],
    ['write', '/b', 0, 2, b],
    ['fsync', '/b'],
  ],
  'renamed over': [...saved, ['create', '/b'], ['write', '/b', 0, 5, x], ['rename', '/b', '/a']],
  'written twice and renamed over': [
    ...saved,
    ['create', '/b'],
    ['write', '/b', 0, 5, x],
    ['write', '/b', 1, 2, b],
    ['rename', '/b', '/a'],
  ],
  'renamed over, and what was replaced synced': [
    ...saved,
    ['create', '/b'],
    ['rename', '/b', '/a'],
    ['fsync', '/a'],
  ],
  'synced and renamed over': [
    ...saved,
    ['create', '/b'],
    ['write', '/b', 0, 5, x],
    ['fsync', '/b'],
    ['rename', '/b', '/a'],
  ],
  'synced, renamed over, directory synced': [
    ...saved,
    ['create', '/b'],
    ['write', '/b', 0, 5, x],
    ['fsync', '/b'],
    ['rename', '/b', '/a'],
    ['fsyncdir', '/'],
  ],
  'renamed to where nothing is': [
    ['create', '/b'],
    ['write', '/b', 0, 5, x],
    ['rename', '/b', '/a'],
  ],
  'renamed over, and written after that': [
    ...saved,
    ['create', '/b'],
    ['write', '/b', 0, 2, x],
    ['rename', '/b', '/a'],
    ['write', '/b', 2, 2, b],
  ],
  'unlinked and made again': [
    ...saved,
    ['unlink', '/a'],
    ['create', '/a'],
    ['write', '/a', 0, 2, x],
  ],
  'in a new directory': [
    ['mkdir', '/d'],
    ['create', '/d/a'],
    ['write', '/d/a', 0, 2, x],
    ['fsync', '/d/a'],
  ],
  'moved, and the directory that it came from synced': [
    ['mkdir', '/d'],
    ['create', '/a'],
    ['rename', '/a', '/d/a'],
    ['fsyncdir', '/'],
  ],
  'moved there and back, one directory synced': [
    ['mkdir', '/d'],
    ['fsyncdir', '/'],
    ['create', '/a'],
    ['rename', '/a', '/d/a'],
    ['rename', '/d/a', '/b'],
    ['fsyncdir', '/d'],
  ],
  'a sync of one that was not written since': [
    ['create', '/a'],
    ['fsync', '/a'],
    ['create', '/b'],
    ['fsync', '/a'],
  ],
};

describe.each(['ext4', 'harsh'] as const)('after a crash, %s', (model) => {
  const definition = model === 'ext4' ? ext4 : harsh;
  it.each(Object.entries(PROGRAMS))('%s', (_name, calls) => {
    expect(simulated(calls, model)).toEqual(definition(calls));
  });
});
