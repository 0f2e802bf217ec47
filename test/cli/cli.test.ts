import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import type { Effort } from '../../src/sim/explore/effort.ts';
import { readFailure, saveFailure } from '../../src/sim/explore/failures.ts';
import { type Found, fuzz } from '../../src/sim/explore/fuzz.ts';
import { lookAt } from '../../src/sim/explore/investigate.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { replaySaved } from '../../src/sim/explore/replay-file.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { formatSchedule } from '../../src/sim/schedule/text.ts';
import { printable } from '../../src/sim/trace/printable.ts';
import { HEDDLE_INDEX, HEDDLE_MAIN } from '../built.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function heddle(args: readonly string[], cwd = folder): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEDDLE_MAIN, ...args], {
    cwd,
    encoding: 'utf8',
    env: plainEnvironment(),
  });
  return { code: status, out: stdout, err: stderr };
}

/** Without colours, and without two variables that contradict one another, of which Node warns. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('heddle fuzz, then heddle replay', () => {
  let found: Ended;
  let saved: readonly string[] = [];
  beforeAll(() => {
    found = heddle(['fuzz', 'sequential', '--runs', '300']);
    saved = readdirSync(join(folder, '.heddle'));
  });
  afterAll(() => rmSync(join(folder, '.heddle'), { recursive: true, force: true }));

  it('finds what is wrong with the sequential server, saves it, and shows it again in another process', () => {
    expect(found.err).toBe('');
    expect(found.code).toBe(0);
    expect(found.out).toMatch(/sequential +as written +broke as known: [^✗]*fault 2/);
    expect(found.out).toMatch(/sequential +corrected +survived 300 runs/);
    for (const line of found.out.split('\n')) {
      if (!/^ {2}(where|replay|debug|view|again)/.test(line)) {
        expect(line.length, line).toBeLessThanOrEqual(96);
      }
    }
    expect(saved.length).toBeGreaterThanOrEqual(2);
    for (const name of saved) {
      const file = join('.heddle', name);
      const { digest } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { digest: string };
      const shown = heddle(['replay', file, '--times', '100', '--json']);
      expect(shown.code).toBe(1);
      expect(lines(shown.out)[0]).toMatchObject({ digest, times: 100, same: 100 });
    }
  }, 120_000);

  it('prints commands that run', () => {
    const schedule = /replay (h1:\S+)/.exec(found.out)?.[1] as string;
    const shown = heddle(['replay', schedule]);
    expect(shown.code).toBe(1);
    expect(shown.out).toContain('scenario   sequential (as written)');
    const { code, err } = heddle(['replay', schedule, '--model', 'threaded']);
    expect(err).toMatch(/belongs to another scenario: "sequential .*leave out --model/);
    expect(code).toBe(2);
  });

  it('replays saved failures first, and leaves damaged files alone with a word about the field', () => {
    const text = readFileSync(join(folder, '.heddle', saved[0] as string), 'utf8');
    const damaged = text.replace(/"digest": "[0-9a-f]+"/, '"digest": 7');
    writeFileSync(join(folder, '.heddle', 'bad.json'), damaged);
    writeFileSync(join(folder, '.heddle', 'foreign.json'), '{"name": "something else"}');
    const again = heddle(['fuzz', 'sequential', '--runs', '300']);
    expect(again.code).toBe(0);
    expect(again.out).toMatch(/\(saved\)/);
    expect(again.err).toMatch(/bad\.json is damaged: field "digest"/);
    expect(again.err).toMatch(/foreign\.json is not a failure of heddle: its field "format"/);
  });

  it('speaks JSON, one object per line', () => {
    const objects = lines(heddle(['fuzz', 'time-sleep', '--runs', '50', '--json']).out);
    expect(objects.slice(0, -1).map(({ type }) => type)).toEqual(
      objects.slice(0, -1).map(() => 'scenario'),
    );
    expect(objects.at(-1)?.['type']).toBe('end');
    expect(heddle(['models', '--json']).out).toContain('"id":"sequential"');
  });
});

describe('heddle fuzz with workers', () => {
  const file = 'counters.scenarios.ts';
  beforeAll(() => {
    const adds = (runs: string): string => `
      world.process('p').spawn('main', function* main(sys) {
        const v = new Cell('v', 0);
        const adds = function* (own) { ${runs} };
        const ids = [yield* sys.spawn(adds), yield* sys.spawn(adds)];
        for (const id of ids) yield* sys.join(id);
        if (v.value === 1) throw new Error('an update was lost');
      });`;
    writeFileSync(
      join(folder, file),
      `import { Cell, scenario } from ${JSON.stringify(HEDDLE_INDEX)};
      export const sound = scenario('sound counter', (world) => {${adds('yield* own.update(v, (n) => n + 1);')}});
      export const unsound = scenario('unsound counter', (world) => {
        const rare = world.draw('input', 3000) === 2999;
        ${adds('if (rare) yield* own.store(v, (yield* own.load(v)) + 1); else yield* own.update(v, (n) => n + 1);')}
      });`,
    );
  });

  it('finds the same in the same runs, however many there are', () => {
    const found = [1, 3].map((workers) => {
      const args = ['fuzz', file, '--runs', '20000', '--json', '--workers', `${workers}`];
      const { out } = heddle(args);
      rmSync(join(folder, '.heddle'), { recursive: true, force: true });
      return lines(out);
    });
    const [alone = [], three = []] = found;
    // How many were started is the machine's affair: a quick one is done before any is ready.
    expect(alone.at(-1)).toMatchObject({ type: 'end', failed: 1, workers: 0 });
    expect(three.at(-1)).toMatchObject({ type: 'end', failed: 1 });
    expect(three.slice(0, -1)).toEqual(alone.slice(0, -1));
  }, 120_000);

  it('says what passing means, in words and in JSON', () => {
    const args = ['fuzz', file, '--runs', '300', '--strategy', 'random'];
    expect(heddle(args).out).toMatch(
      /300 runs by random passed: .* below 1 % \(95 %\s+confidence\)/,
    );
    const [row] = lines(heddle([...args, '--json']).out);
    expect(row?.['confidence']).toMatchObject({ runs: 300, failureRateMax: 0.01 });
  }, 120_000);

  it('searches with the portfolio unless it is told otherwise', () => {
    const [row] = lines(heddle(['fuzz', file, '--runs', '20', '--json']).out);
    expect(row?.['confidence']).toMatchObject({ runs: 20, strategy: 'portfolio' });
    for (const command of ['fuzz', 'run']) {
      expect(heddle([command, '--help']).out).toMatch(/default:\s+"portfolio"/);
    }
  }, 120_000);
});

describe('heddle shrink and heddle diff', () => {
  const scenario = SCENARIOS.find(({ model, variant }) => {
    return model.id === 'sequential' && variant === 'asWritten';
  })?.scenario as Scenario;
  let path = '';

  /** A failure as the walk met it, saved without being shrunk. */
  beforeAll(() => {
    const { found } = fuzz(scenario, { runs: 500, seed: 1 });
    const { decisions, run, decisionCount } = found as Found;
    const recorded = recordRun(scenario, decisions);
    const finding = lookAt(scenario, decisions, recorded, recorded.result.digest);
    path = saveFailure(
      {
        ...finding,
        at: finding.story.at,
        found: { run, strategy: 'random', seed: 1, decisions: decisionCount, shrinkReplays: 0 },
      },
      mkdtempSync(join(folder, 'shrink')),
    );
  });

  it('shrinks a saved failure further, says by how much, and writes it back', () => {
    const shrunk = heddle(['shrink', path, '--json']);
    expect(shrunk.err).toBe('');
    expect(shrunk.code).toBe(0);
    const [told] = lines(shrunk.out) as { before: Effort; after: Effort; digest: string }[];
    expect(told?.after.notCalm).toBeLessThan(told?.before.notCalm ?? 0);
    const saved = readFailure(path);
    expect(saved.digest).toBe(told?.digest);
    expect(saved.found.shrinkReplays).toBeGreaterThan(0);
    expect(replaySaved(scenario, { path, file: saved }).same).toBe(true);
    expect(heddle(['shrink', path]).out).toMatch(/of them not calm +(\d+) +\1\n/);
  }, 120_000);

  it('shows where a failure and the nearest passing run part', () => {
    const { code, out } = heddle(['diff', path]);
    expect(code).toBe(1);
    expect(out).toMatch(/there +nearest, \d+ steps: passes/);
    expect(out).toMatch(/they differ from step \d+ on/);
    expect(out).toMatch(/ [<>]( |$)/m);
    for (const line of out.split('\n').slice(5)) expect(line.length, line).toBeLessThanOrEqual(96);
    const [told] = lines(heddle(['diff', path, 'calm', '--json']).out);
    expect(told).toMatchObject({ type: 'diff', there: { failure: null } });
  }, 120_000);

  it('says so when two runs are the same', () => {
    const { code, out } = heddle(['diff', path, path]);
    expect(code).toBe(0);
    expect(out).toMatch(/the two runs do the same/);
  });

  it.each([
    [['shrink', 'nothing.json'], /there is no file nothing.json/],
    [['shrink', 'nothing.json', '--replays', '0'], /--replays.*at least 1/],
    [['diff', 'nothing.json'], /"nothing.json" is neither a failure file, nor a schedule/],
    [['diff', formatSchedule(scenario.name, []), 'nearest'], /passes itself; compare it with calm/],
    [['diff', formatSchedule(scenario.name, []), 'gevent'], /only runs of one scenario/],
  ])('heddle %j', (args, message) => {
    const { code, err } = heddle(args);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('worlds that are asked for', () => {
  const file = 'slow.scenarios.ts';
  beforeAll(() => {
    writeFileSync(
      join(folder, file),
      `import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
      export const slow = scenario('nobody waits', (world) => {
        world.process('server').spawn('server', function* (sys) {
          const listener = yield* sys.socket('inet', 'stream');
          yield* sys.bind(listener, { host: '127.0.0.1', port: 7000 });
          yield* sys.listen(listener, 5);
          const { fd } = yield* sys.accept(listener);
          yield* sys.send(fd, new Uint8Array(1));
        });
        world.process('client').spawn('client', function* (sys) {
          const fd = yield* sys.socket('inet', 'stream');
          yield* sys.connect(fd, { host: '127.0.0.1', port: 7000 });
          yield* sys.recv(fd, 1);
          if ((yield* sys.clockGettime()) >= 5) throw new Error('waited');
        }, { afterListen: 7000 });
      });`,
    );
  });

  it('hold in all workers, are saved with what was found, and can be said of a schedule', () => {
    expect(heddle(['fuzz', file, '--runs', '50', '--json']).code).toBe(0);
    const found = heddle(['fuzz', file, '--runs', '50', '--latency', '5', '--json']);
    expect(found.code).toBe(1);
    const [{ schedule, path }] = lines(found.out) as [{ schedule: string; path: string }];
    const saved = readFailure(join(folder, path));
    expect(saved.world.network).toEqual({ latencyMsMin: 5, latencyMsMax: 5 });
    const again = heddle(['replay', path, '--json']);
    expect(lines(again.out)[0]).toMatchObject({ digest: saved.digest, failure: { kind: 'died' } });
    const text = ['replay', schedule, '--file', file];
    expect(heddle([...text, '--latency', '5']).code).toBe(1);
    expect(heddle(text).code).not.toBe(1);
    rmSync(join(folder, '.heddle'), { recursive: true });
  }, 120_000);
});

describe('a terminal', () => {
  const file = 'hostile.scenarios.ts';
  const hostile = '\u001b]0;title\u0007\u009b2J\u202egnp\r';
  beforeAll(() => {
    writeFileSync(
      join(folder, file),
      `import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
      const hostile = ${JSON.stringify(hostile)};
      export const its = scenario('its ' + hostile, (world) => {
        world.process(hostile).spawn('task ' + hostile, function* (sys) {
          const [here, there] = yield* sys.socketpair('unix', 'stream');
          yield* sys.send(here, new TextEncoder().encode(hostile));
          yield* sys.recv(there, 100);
          throw new Error('it got ' + hostile);
        });
      });`,
    );
  });

  it('gets nothing from names, messages and bytes that it would obey', () => {
    const found = heddle(['fuzz', file, '--runs', '5', '--json']);
    const [{ path, schedule }] = lines(found.out) as [{ path: string; schedule: string }];
    const told = [found];
    for (const args of [
      ['replay', path],
      ['diff', path, path],
      ['show', path],
      ['shrink', path],
    ]) {
      told.push(heddle(args), heddle([...args, '--json']));
    }
    for (const as of ['mermaid', 'shiviz', 'perfetto'])
      told.push(heddle(['show', path, '--as', as]));
    told.push(heddle(['fuzz', file, '--runs', '5']));
    const saved = readFileSync(join(folder, path), 'utf8');
    const damaged = (text: string): string => {
      writeFileSync(join(folder, '.heddle', 'zz.json'), text);
      return 'replay';
    };
    const zz = ['.heddle/zz.json'];
    told.push(heddle([damaged(saved.replace('"format": "', `"format": "${'\u009b'}`)), ...zz]));
    told.push(heddle([damaged(`\u001b]0;${saved}`), ...zz]));
    told.push(heddle([damaged(saved.replace(/"digest": "./, '"digest": "0')), ...zz]));
    told.push(heddle(['replay', hostile]), heddle(['frobnicate', hostile]), heddle([hostile]));
    told.push(heddle(['replay', schedule, '--file', `${hostile}.ts`]));
    for (const { out, err } of told) {
      expect(out + err).not.toBe('');
      expect(printable(out)).toBe(out);
      expect(printable(err)).toBe(err);
    }
    rmSync(join(folder, '.heddle'), { recursive: true });
  }, 240_000);
});

describe('every command', () => {
  it('tells the version, as package.json has it', () => {
    const { version } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as { version: string };
    expect(heddle(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('is not loaded for the version', () => {
    const spy = `
      import { Session } from 'node:inspector';
      const session = new Session();
      session.connect();
      session.on('Debugger.scriptParsed', ({ params: { url } }) => {
        if (url.includes('/dist/')) process._rawDebug(url);
      });
      session.post('Debugger.enable');`;
    const loader = `data:text/javascript,${encodeURIComponent(spy)}`;
    const loadedFor = (...words: string[]): string => {
      const args = ['--import', loader, HEDDLE_MAIN, ...words];
      return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).stderr;
    };
    expect(loadedFor('models')).toMatch(/\/models\.js$/m);
    for (const flag of ['-V', '--version']) {
      expect(loadedFor(flag)).not.toMatch(/\/(?:models|fuzz|replay|heddle)\.js$/m);
    }
  });

  it('leaves colours out where it is told to', () => {
    const env = { ...plainEnvironment(), NO_COLOR: undefined, FORCE_COLOR: '1' };
    const args = [HEDDLE_MAIN, 'models'];
    const coloured = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    const plain = spawnSync(process.execPath, [...args, '--no-color'], { encoding: 'utf8', env });
    expect(coloured.stdout).toContain('\u001b[');
    expect(plain.stdout).not.toContain('\u001b[');
    expect(plain.status).toBe(0);
  });
});

describe('bad input gets a message that says what, where and what next', () => {
  const other = formatSchedule('some scenario of somebody else', [1, 2]);
  it.each([
    [['fuzz', 'sequental'], /no model "sequental"; did you mean sequential\?/],
    [['serve', 'nothing-like-it'], /there is no model "nothing-like-it"; the models are: /],
    [['fuzz', '--runs', '0'], /--runs.*'0' is invalid.*at least 1/],
    [['fuzz', '--runs', 'many'], /--runs.*'many' is invalid/],
    [['fuzz', '--workers', '0'], /--workers.*at least 1/],
    [['fuzz', '--seed', '-1'], /--seed.*whole number from 0/],
    [['fuzz', '--time', 'soon'], /--time.*such as 30s/],
    [['serve', 'sequential', '--port', '70000'], /--port.*0 to 65535/],
    [['replay', 'h1:VPKTgIDsFgEEBQ'], /it claims more decisions than a run can have/],
    [['replay', 'h1:AAAAAAAA'], /this schedule is damaged: its check/],
    [['replay', other], /belongs to a scenario that is not among the built-in ones/],
    [['replay', 'no-such-file.json'], /"no-such-file.json" is neither a file nor a schedule/],
    [['fuzz', '--strategy', 'foo'], /--strategy.*there is no strategy "foo"; there are: random/],
    [['fuzz', 'sequential', '--faults', 'reset'], /--faults, --latency and --splits are for files/],
    [['fuzz', 'a.test.ts', '--faults', 'fire'], /there is no fault "fire"; there are: .*reset/],
    [['fuzz', 'a.test.ts', '--latency', '9-1'], /--latency.*it must be milliseconds, as 5 or 1-20/],
    [
      ['run', '--hosts', 'a=b.js', '--faults', 'crash,fire'],
      /there is no fault "fire"; there are: crash, partition, .*reset/,
    ],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['fuzz', '--frobnicate'], /unknown option '--frobnicate'/],
  ])('heddle %j', (args, message) => {
    const { code, err } = heddle(args as string[]);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/InternalError|\n {4}at /);
    expect(code).toBe(2);
  });

  it.skipIf(process.getuid?.() === 0)('a folder .heddle that cannot be written', () => {
    const locked = mkdtempSync(join(folder, 'locked'));
    chmodSync(locked, 0o500);
    const { code, err } = heddle(['fuzz', 'sequential', '--runs', '100'], locked);
    expect(err).toMatch(
      /could not be saved to .heddle.*make .heddle writable, or keep this schedule: h1:/,
    );
    expect(code).toBe(2);
  });

  it('a file where the folder .heddle should be', () => {
    const blocked = mkdtempSync(join(folder, 'blocked'));
    mkdirSync(blocked, { recursive: true });
    writeFileSync(join(blocked, '.heddle'), 'in the way');
    const { code, err } = heddle(['fuzz', 'sequential', '--runs', '100'], blocked);
    expect(err).toMatch(/could not be saved to .heddle.*keep this schedule: h1:/);
    expect(code).toBe(2);
  });
});
