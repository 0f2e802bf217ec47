import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  check,
  Departure,
  type Scenario,
  type ScheduleFailure,
  type Sys,
  scenario,
} from '../../src/index.ts';
import {
  changedSources,
  type FailureFile,
  failureSchema,
  readFailure,
  savedFailures,
} from '../../src/sim/explore/failures.ts';
import { replaySaved } from '../../src/sim/explore/replay-file.ts';
import { killedWhileSaving } from './kill.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Edit {
  /** A line for a log, which is a syscall more. */
  readonly logs?: boolean;
  /** Somebody new, who only looks at the time. */
  readonly bystander?: boolean;
  /** The lock that was missing. */
  readonly fixed?: boolean;
  /** What was stored in two steps is stored in one. */
  readonly atomic?: boolean;
}

/**
 * Two tellers book on one account; the sum is lost when one comes between the other's reading and
 * writing.
 */
function account({
  logs = false,
  bystander = false,
  fixed = false,
  atomic = false,
}: Edit = {}): Scenario {
  return scenario('no booking is lost', (world) => {
    const sum = world.cell('sum', 0);
    const lock = world.mutex('lock');
    const bank = world.process('bank');
    const teller = function* (sys: Sys) {
      yield* sys.getpid();
      if (logs) yield* sys.write(1, new TextEncoder().encode('booking\n'));
      if (fixed) yield* sys.lock(lock);
      if (atomic) yield* sys.update(sum, (before) => before + 1);
      else {
        const renamed = yield* sys.load(sum);
        if (logs) yield* sys.write(1, new TextEncoder().encode(`there were ${renamed}\n`));
        yield* sys.store(sum, renamed + 1);
      }
      if (fixed) yield* sys.unlock(lock);
    };
    bank.spawn('anna', teller);
    bank.spawn('ben', teller);
    if (bystander) {
      bank.spawn('carl', function* (sys) {
        for (let i = 0; i < 5; i++) yield* sys.clockGettime();
      });
    }
    world.finally('all are in the sum', () => sum.value === 2 || `the sum is ${sum.value}`);
  });
}

async function save(
  its: Scenario,
): Promise<{ path: string; file: FailureFile; failure: ScheduleFailure }> {
  const failure = await check(its, { folder }).catch((error: unknown) => error as ScheduleFailure);
  const path = (failure as ScheduleFailure).path as string;
  return { path, file: readFailure(path), failure: failure as ScheduleFailure };
}

describe('a failure that was saved', () => {
  it.each<[string, Edit]>([
    ['the same program', {}],
    ['a line added to its log', { logs: true }],
    ['a new task that does nothing', { bystander: true }],
    ['both', { logs: true, bystander: true }],
  ])('replays on %s', async (_what, edit) => {
    const saved = await save(account());
    const again = replaySaved(account(edit), saved);
    expect(again.recorded.run.failure?.message).toBe('the sum is 1');
    expect(again.same).toBe(Object.keys(edit).length === 0);
  });

  it('departs where a relevant edit is, with the step, what was expected and what was found', async () => {
    const saved = await save(account());
    const moves = saved.file.moves.map(([who, call]) => `${who} ${call}`);
    const departure = thrownBy(() => replaySaved(account({ atomic: true }), saved));
    expect(departure).toBeInstanceOf(Departure);
    const { step, expected, found } = (departure as Departure).details;
    // Each greets; then the first was to load, which nobody does any more.
    const first = moves.findIndex((move) => move.endsWith(' load'));
    expect(first).toBeGreaterThan(0);
    expect(step).toBe(first + 1);
    expect(expected).toBe((moves[first] as string).replace(/ (load)/, ' ($1)'));
    expect(found).toMatch(/has ended/);
  });

  it.each<[string, Edit, RegExp]>([
    ['by a lock', { fixed: true }, /passes now: it is fixed/],
    ['by one step instead of two', { atomic: true }, /was left alone: the recording and this run/],
  ])(
    "stands in nobody's way once it is fixed %s, and is named until it is deleted",
    async (_how, edit, told) => {
      const { path } = await save(account());
      const notes: string[] = [];
      const checked = await check(account(edit), {
        folder,
        note: (text) => notes.push(text),
        runs: 10,
      });
      expect(checked.runs).toBe(10);
      expect(notes.join()).toMatch(told);
      expect(notes.join()).toContain(path);
    },
  );

  it('comes first in the next run, whatever its seed', async () => {
    const { path } = await save(account());
    const again = await check(account(), { folder, seed: 99, runs: 1 }).catch(
      (error: Error) => error,
    );
    expect((again as Error).message).toMatch(/found +saved in \S+, which is run\s+first/);
    expect((again as Error).message).toContain(path);
  });

  it('names the source files that have changed since', async () => {
    const saved = await save(account());
    const path = 'test/failures/files.test.ts';
    expect(Object.keys(saved.file.source.files)).toEqual([path]);
    saved.file.source.files[path] = '0'.repeat(64);
    const departure = thrownBy(() => replaySaved(account({ atomic: true }), saved));
    expect((departure as Error).message).toMatch(
      /changed +test\/failures\/files\.test\.ts \(sha256 0000… → [0-9a-f]{4}…\)/,
    );
  });

  it('has the same bytes each time, one file a mistake, and points at the line of the law', async () => {
    const { path, file } = await save(account());
    const bytes = readFileSync(path);
    rmSync(path);
    await save(account());
    expect(readdirSync(folder)).toHaveLength(1);
    expect(readFileSync(path)).toEqual(bytes);
    expect(file.scenario.file).toBe('test/failures/files.test.ts');
    expect(file.failure.at).toMatch(/^test\/failures\/files\.test\.ts:\d+:\d+$/);
    expect(String(bytes)).not.toContain(process.cwd());
  });

  it.each([
    ['digest', (file: FailureFile) => ({ ...file, digest: 7 })],
    ['failure.step', (file: FailureFile) => ({ ...file, failure: { ...file.failure, step: 'x' } })],
    ['scenario.name', (file: FailureFile) => ({ ...file, scenario: {} })],
    ['world.faults.0', (file: FailureFile) => ({ ...file, world: { faults: [1] } })],
    ['choices.0.2', (file: FailureFile) => ({ ...file, choices: [['input', 'k', -1]] })],
    ['choices.0.2', (file: FailureFile) => ({ ...file, choices: [['input', 'k', 1.5]] })],
    ['found.run', (file: FailureFile) => ({ ...file, found: { ...file.found, run: 0.5 } })],
    [
      'world.network.latencyMsMax',
      (file: FailureFile) => ({ ...file, world: { faults: [], network: { latencyMsMax: -1 } } }),
    ],
  ])('damaged in its field %s stops nothing else', async (field, damage) => {
    const { path, file } = await save(account());
    writeFileSync(join(folder, 'a-damaged-one.json'), JSON.stringify(damage(file)));
    const told: string[] = [];
    const saved = savedFailures(folder, (message) => told.push(message));
    expect(saved.map((one) => one.path)).toEqual([path]);
    expect(told.join()).toContain(`a-damaged-one.json is damaged: field "${field}"`);
  });

  it('is described by the schema that is published, field by field', async () => {
    const { file } = await save(account());
    const { properties, required } = failureSchema() as { properties: object; required: string[] };
    expect(Object.keys(file)).toEqual(Object.keys(properties));
    expect(required).toEqual(Object.keys(file));
  });
});

describe('among saved failures', () => {
  it.each<[string, (path: string) => void, RegExp]>([
    ['a pipe', (path) => void spawnSync('mkfifo', [path]), /it is no file/],
    ['a folder', (path) => mkdirSync(path), /it is a folder/],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path), /it is no file/],
    ['a link to nothing', (path) => symlinkSync('/nothing/at/all', path), /ENOENT/],
    [
      '100 MB of something else',
      (path) => {
        writeFileSync(path, '');
        truncateSync(path, 1e8);
      },
      /100000000 bytes/,
    ],
    [
      'foreign JSON whose format is a megabyte',
      (path) => writeFileSync(path, JSON.stringify({ format: 'x'.repeat(2 ** 20) })),
      /not a failure of heddle: its field "format" is "x+…/,
    ],
    [
      'a field with a name of a megabyte',
      (path) => {
        const files = { ['n'.repeat(2 ** 20)]: 1 };
        const [first = ''] = readdirSync(folder);
        const whole = JSON.parse(readFileSync(join(folder, first), 'utf8')) as FailureFile;
        writeFileSync(path, JSON.stringify({ ...whole, source: { files } }));
      },
      /is damaged/,
    ],
    ['half a file', (path) => writeFileSync(path, '{"format": "heddle-fai'), /is no JSON/],
  ])('%s stops nothing, and is told in a line', async (_what, make, message) => {
    const { path } = await save(account());
    make(join(folder, 'zz.json'));
    const told: string[] = [];
    expect(savedFailures(folder, (text) => told.push(text)).map((one) => one.path)).toEqual([path]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(message);
    expect(told[0]?.length).toBeLessThan(600);
  });

  it('one that asks for a choice that there is not stops nothing', async () => {
    const { path, file } = await save(account());
    const choices = [['step', '', 999]];
    writeFileSync(
      path,
      JSON.stringify({ ...file, choices, digest: '0'.repeat(16), schedule: file.schedule }),
    );
    const notes: string[] = [];
    const checked = await check(account({ fixed: true }), {
      folder,
      runs: 5,
      note: (text) => notes.push(text),
    });
    expect(checked.runs).toBe(5);
    expect(notes).toHaveLength(1);
  });

  it('none learns what files outside the project hold, or whether they are there', async () => {
    const saved = await save(account());
    const outside = join(folder, 'secret');
    writeFileSync(outside, 'a secret');
    const inside = relative(process.cwd(), outside);
    saved.file.source.files = Object.fromEntries(
      [outside, inside, '/etc/passwd', '/dev/zero'].map((path) => [path, 'f'.repeat(64)]),
    );
    expect(changedSources(saved)).toEqual([]);
  });
});

describe('a failure that is saved', () => {
  const saver = join(import.meta.dirname, 'save.ts');
  /** Under a shell's limits; gives what was not saved. */
  const saveIn = (limits: string, ...args: readonly (string | number)[]): string[] => {
    const node = [process.execPath, '--import', import.meta.resolve('tsx'), saver, folder, ...args];
    const line = `${limits} exec ${node.map((word) => `'${word}'`).join(' ')}`;
    const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8', env });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as string[];
  };

  it('leaves the one before it where the disk is full, and is told with its schedule', () => {
    expect(saveIn('', 10)).toEqual([]);
    const [before] = savedFailures(folder);
    for (const kB of [1, 4, 16, 64]) {
      // A limit on the size of files ends a write as a full disk does: part of it, then an error.
      const [message] = saveIn(`ulimit -f ${kB};`, 20_000);
      expect(message).toMatch(/could not be saved .*(EFBIG|ENOSPC).* keep this schedule: h1:/);
      expect(savedFailures(folder)).toEqual([before]);
      expect(readdirSync(folder)).toHaveLength(1);
    }
    expect(saveIn('', 20_000)).toEqual([]);
    expect(savedFailures(folder)[0]?.file.moves).toHaveLength(20_000);
  });

  it('does not come in the way of others that are saved at once', () => {
    expect(saveIn('', 200, 50, 4)).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(savedFailures(folder)).toHaveLength(1);
  });

  it('takes away what was left unfinished an hour ago, and nothing else', async () => {
    const names = ['x.json.0123456789abcdef.unfinished', 'y.json.fedcba9876543210.unfinished'];
    const others = ['x.json.99999.tmp', 'z.json.tmp', 'notes.unfinished'];
    for (const name of [...names, ...others]) writeFileSync(join(folder, name), 'half');
    const longAgo = Date.now() / 1000 - 2 * 3600;
    for (const name of [names[0] as string, ...others]) {
      utimesSync(join(folder, name), longAgo, longAgo);
    }
    const { path } = await save(account());
    const left = [basename(path), names[1] as string, ...others];
    expect(readdirSync(folder).sort()).toEqual(left.sort());
  });
});

describe('a process that is killed while it saves', () => {
  it('leaves whole files only', async () => {
    const { kills, files, halves } = await killedWhileSaving(5, folder);
    expect(kills).toBe(5);
    expect(files).toBeGreaterThan(0);
    expect(halves).toEqual([]);
  }, 120_000);
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
