import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ExploreCommand, exploreCommand } from '../../src/cli/explore.ts';
import { HEDDLE_INDEX, HEDDLE_MAIN } from '../built.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-explore-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function heddle(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { FORCE_COLOR: _, ...rest } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEDDLE_MAIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...rest, NO_COLOR: '1' },
  });
  return { code: status, out: stdout, err: stderr };
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('heddle explore', () => {
  it('says that there is no other interleaving, of how many there are', () => {
    const { code, out, err } = heddle('explore', 'threaded', '--interleavings');
    expect(err).toBe('');
    expect(out).toMatch(/threaded +\d+ +\d+ +[\d.]+ s +complete/);
    expect(out).toMatch(
      /of [\d,]{9,} interleavings, counted over [\d,]+ states in [\d.]+ s; \d+ final outcomes, the same as the search found/,
    );
    expect(out).toMatch(/There is no other interleaving of what is complete, without faults/);
    expect(code).toBe(0);
  });

  it('finds a fault, shrinks and saves it, and the saved file is replayed', () => {
    const found = heddle(
      ...['explore', 'sequential', '--variant', 'as-written'],
      ...['--clients', '1', '--faults-max', '1', '--json'],
    );
    expect(found.code).toBe(1);
    const [file] = readdirSync(join(folder, '.heddle'));
    expect(lines(found.out)[0]).toMatchObject({
      complete: false,
      failure: { path: join('.heddle', file as string) },
    });
    const again = heddle('replay', join('.heddle', file as string), '--times', '3');
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/the same digest 3 times of 3/);
  });

  it('stops at its limits and says how far it is', () => {
    const { code, out } = heddle('explore', 'epoll-level', '--runs', '50');
    expect(out).toMatch(/epoll-level +\d+ +50 +[\d.]+ s +not complete, about /);
    expect(out).not.toMatch(/no other interleaving/);
    expect(code).toBe(0);
  });

  it('says how far it had come when it is stopped by Ctrl-C, after what was complete', async () => {
    const args = ['explore', 'sequential', 'epoll-level', '--messages', '4'];
    const child = spawn(process.execPath, [HEDDLE_MAIN, ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
    });
    let out = '';
    child.stdout.on('data', (data: Buffer) => {
      // The first is done, so the second has begun.
      if (!out.includes('sequential') && data.includes('sequential')) child.kill('SIGINT');
      out += data.toString();
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(out).toMatch(/sequential +\d+ +\d+ +[\d.]+ s +complete/);
    expect(out).toMatch(/epoll-level +\d+ +\d+ +[\d.]+ s +not complete, about /);
    expect(out).toMatch(/stopped: this is what was known by then/);
    expect(code).toBe(130);
  });

  it('keeps to a bound on preemptions, and says so', () => {
    const { out } = heddle('explore', 'sequential', '--preemptions', '1', '--clients', '1');
    expect(out).toMatch(/without faults and with at most 1 preemptions/);
  });

  it('speaks JSON, one object per line', () => {
    const objects = lines(heddle('explore', 'sequential', '--json').out);
    expect(objects.map(({ type }) => type)).toEqual(['scenario', 'end']);
    expect(objects[0]).toMatchObject({ complete: true, failure: null });
  });

  it.each([
    [['explore', 'sequental'], /no model "sequental"; did you mean sequential\?/],
    [['explore', '--clients', '9'], /--clients.*at most 4/],
    [['explore', '--faults-max', '-1'], /--faults-max.*at least 0/],
    [['explore', '--network', 'ether'], /--network.*loopback, adversarial/],
    [
      ['explore', '--interleavings', '--faults-max', '1'],
      /leave out --faults, --faults-max and --preemptions/,
    ],
  ])('heddle %j', (args, message) => {
    const { code, err } = heddle(...args);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('the line of what is going on', () => {
  const { isTTY } = process.stderr;
  afterEach(() => {
    vi.restoreAllMocks();
    process.stderr.isTTY = isTTY;
  });

  /** What stands on the terminal, one line after the other; `heard` is told of each. */
  async function watch(
    command: Partial<ExploreCommand>,
    heard: (line: string) => void = () => {},
  ): Promise<{ code: number; live: string[]; out: string }> {
    const live: string[] = [];
    let out = '';
    process.stderr.isTTY = true;
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      if (!String(text).startsWith('\u001b')) {
        live.push(String(text));
        heard(String(text));
      }
      return true;
    });
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
    const code = await exploreCommand({
      what: ['select-queues'],
      variant: 'corrected',
      clients: 2,
      messages: 1,
      network: 'loopback',
      preemptionsMax: undefined,
      faultsMax: undefined,
      faults: undefined,
      latency: undefined,
      splits: false,
      runs: 100_000,
      timeMs: undefined,
      interleavings: false,
      memory: 'cells',
      workers: 1,
      shard: undefined,
      resume: false,
      reporter: 'text',
      json: false,
      ...command,
    });
    return { code, live, out };
  }

  it('tells classes, runs, and how many runs there may be in all', async () => {
    const { code, live } = await watch({});
    expect(live.length).toBeGreaterThan(2);
    expect(live[0]).toMatch(
      /^select-queues +\d+ classes +100 runs, \d+ cut short +about [\d,]+ runs in all +[\d.]+ s/,
    );
    expect(code).toBe(0);
  });

  it('tells the states while interleavings are counted, and Ctrl-C leaves what the search has found', async () => {
    const { code, live, out } = await watch({ interleavings: true }, (line) => {
      if (/ states /.test(line)) process.emit('SIGINT');
    });
    expect(live.at(-1)).toMatch(/ [\d,]+ states +[\d.]+ s$/);
    expect(out).toMatch(/select-queues +364 +\d+ .*complete/);
    expect(out).toMatch(/more than [\d,]+ states: interleavings not counted/);
    expect(out).toMatch(/stopped: this is what was known by then/);
    expect(code).toBe(130);
  });
});

describe('a search that is stopped', () => {
  const search = (...args: readonly string[]): Record<string, unknown> => {
    const { out, err } = heddle('explore', 'select-queues', '--json', ...args);
    expect(err).toBe('');
    return lines(out)[0] as Record<string, unknown>;
  };

  it('is gone on with by --resume, and finds as much as one that is not', () => {
    const first = search('--runs', '130', '--workers', '1');
    expect(first).toMatchObject({ complete: false, runs: 130 });
    expect(first['kept']).toMatch(/^\.heddle\/.*\.search$/);
    const second = search('--runs', '90', '--resume', '--workers', '1');
    expect(second).toMatchObject({ complete: false, runs: 220, kept: first['kept'] });
    expect(second['progress']).toBeGreaterThan(first['progress'] as number);
    const last = search('--resume', '--workers', '2');
    expect(last).toMatchObject({ complete: true, classes: 364, progress: 1, kept: null });
    expect(existsSync(join(folder, first['kept'] as string))).toBe(false);
  });

  it('is told from one of another world, and from a file that is damaged', () => {
    const kept = search('--runs', '20', '--workers', '1')['kept'] as string;
    const other = heddle(
      'explore',
      'select-queues',
      '--runs',
      '10',
      '--faults-max',
      '1',
      '--resume',
    );
    expect(other.err).toMatch(/nothing was kept of this search, it begins again/);
    writeFileSync(join(folder, kept), '{"format":"heddle-search"}');
    const { code, err } = heddle('explore', 'select-queues', '--resume');
    expect(err).toMatch(/is damaged.*leave out --resume to begin again/);
    expect(code).toBe(2);
  });
});

describe('outcomes that the search has missed', () => {
  const exploring = (memory: string): { code: number | null; out: string } => {
    writeFileSync(
      join(folder, 'shares.ts'),
      `import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
scenario('threads that share a variable', (world) => {
  let shared = 0;
  const process = world.process('p');
  process.spawn('writes', function* writes(sys) {
    yield* sys.gettid();
    shared = 1;
    yield* sys.gettid();
  });
  process.spawn('reads', function* reads(sys) {
    yield* sys.gettid();
    if (shared === 1) yield* sys.getpid();
    yield* sys.gettid();
  });
});
`,
    );
    return heddle('explore', 'shares.ts', '--interleavings', '--memory', memory, '--workers', '1');
  };

  it('are an error, and it is said what tasks may share', () => {
    const { code, out } = exploring('cells');
    expect(out).toMatch(/outcomes? are known to only one of the two: tasks share variables/);
    expect(out).toMatch(/\(writes, reads of p\); --memory process takes them into account/);
    expect(out).not.toMatch(/no other interleaving/);
    expect(code).toBe(1);
  });

  it('are none where it is told of them', () => {
    const { code, out } = exploring('process');
    expect(out).toMatch(/There is no other interleaving/);
    expect(code).toBe(0);
  });
});
