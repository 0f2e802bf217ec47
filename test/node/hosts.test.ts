import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type HostsPlan, hostsPlanOf, hostsScenario } from '../../src/node/hosts.ts';
import { parseHosts } from '../../src/node/hosts-text.ts';
import { programNotes } from '../../src/node/notes.ts';
import { nodeProgram } from '../../src/node/program.ts';
import { check } from '../../src/sim/explore/check.ts';
import { savedFailures } from '../../src/sim/explore/failures.ts';
import { replaySaved } from '../../src/sim/explore/replay-file.ts';
import { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { UsageError } from '../../src/sys/errors.ts';
import { runOnReal } from './real.ts';
import { runOnce } from './run.ts';

const SHOP = 'examples/shop';
const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shop = (server: string) =>
  hostsScenario({ hosts: parseHosts(`server=${SHOP}/${server}.mjs,client=${SHOP}/client.mjs`) });

describe('programs on hosts', () => {
  it('are found to race, and what was found is saved and can be run again', async () => {
    const failure = await check(shop('server'), { runs: 20, folder }).catch((error) => error);
    expect(failure).toBeInstanceOf(ScheduleFailure);
    expect(failure.message).toContain('one thing, and the answers were: sold, sold');
    const [saved] = savedFailures(folder);
    const again = hostsPlanOf(saved?.file.scenario.recipe);
    if (saved === undefined || again === undefined) throw new Error('nothing was saved');
    const { run } = replaySaved(hostsScenario(again), saved).recorded;
    expect(run.failure?.signature).toBe(saved.file.failure.signature);
  }, 300_000);

  it('survive where they are fixed', async () => {
    const { runs } = await check(shop('server-fixed'), { runs: 8, folder: false });
    expect(runs).toBe(8);
  }, 300_000);

  it('leave notes of their exchanges and exit codes', () => {
    const { world } = runOnce(shop('server-fixed'));
    const notes = programNotes(world, 'client');
    expect(notes?.exitCode).toBe(0);
    expect(notes?.exchanges.map(({ side, status }) => `${side} ${status}`).sort()).toEqual([
      'client 200',
      'client 409',
    ]);
    expect(programNotes(world, 'server')?.exchanges).toHaveLength(2);
  });

  it("are told of their own line, and of none of heddle's, where the error has neither", async () => {
    const path = join(folder, 'refused.mjs');
    writeFileSync(path, `import net from 'node:net';\nnet.connect(1, '127.0.0.1');\n`);
    const made = hostsScenario({ hosts: parseHosts(`program=${path}`) });
    const failure = await check(made, { runs: 1, folder: false }).catch((error) => error);
    expect(failure.message).toContain('program died: Error: connect ECONNREFUSED 127.0.0.1:1');
    expect(failure.message).toMatch(/^ {2}where +\S*refused\.mjs:2:5$/m);
  }, 60_000);

  it('read files of the real machine, in no virtual time', () => {
    const path = join(folder, 'reads.mjs');
    writeFileSync(
      path,
      `import fs from 'node:fs';
       await (await fs.promises.open(process.argv[1])).close();
       const { length } = await fs.promises.readdir('/');
       setTimeout(() => console.log(length > 0), 10);`,
    );
    const made = hostsScenario({ hosts: parseHosts(`program=${path}`) });
    for (let run = 0; run < 3; run++) {
      const { result, world } = runOnce(made, run);
      expect(result.failure).toBeUndefined();
      expect(world.output('program')).toBe('true\n');
      expect(result.timeMs).toBeLessThan(20);
      expect(programNotes(world, 'program')?.uncontrolled.size).toBe(0);
    }
  });

  it('do the same on real sockets', async () => {
    const ends = (server: string): Promise<number> =>
      runOnReal(`${SHOP}/${server}.mjs`, `${SHOP}/client.mjs`);
    // Real sockets show the race or not, as it happens.
    expect([0, 1]).toContain(await ends('server'));
    expect(await ends('server-fixed')).toBe(0);
  });

  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const listening = (name: string, ports: string): string =>
    write(
      name,
      `import net from 'node:net';
       for (const port of [${ports}]) net.createServer((socket) => socket.end('x')).listen(port);`,
    );
  const fails = (hosts: string, more: Partial<HostsPlan> = {}) =>
    runOnce(hostsScenario({ hosts: parseHosts(hosts), ...more })).result;

  it('start when those listen that they wait for', () => {
    const store = listening('store.mjs', '7000');
    const server = write(
      'tier.mjs',
      `import net from 'node:net';
       net.connect(7000, 'store').resume().on('end', () => {
         net.createServer((socket) => socket.end('x')).listen(8079);
         net.createServer((socket) => socket.end('x')).listen(8080);
       });`,
    );
    const client = write(
      'last.mjs',
      `import net from 'node:net';
       net.connect(8080, 'server').resume().on('end', () => process.exit());`,
    );
    const [from, to] = [`store=${store},server after store=${server},client`, `=${client}`];
    expect(fails(`${from} after store:7000 server:8080${to}`).failure).toBeUndefined();
    expect(fails(`${from}${to}`).failure?.message).toContain('ECONNREFUSED');
    expect(() => parseHosts('a=x.mjs,b after c:1=y.mjs')).toThrow(UsageError);
  });

  it('are given their command lines and environment as in a shell', () => {
    const path = write(
      'told.mjs',
      'console.log(JSON.stringify([process.env.ONE, process.env.TWO, ...process.argv.slice(2)]));',
    );
    const text = `a=ONE='x, y' TWO=2 ${path} "b, c" --d=e 'f "g"'`;
    const made = hostsScenario({ hosts: parseHosts(text) });
    expect(runOnce(made).world.output('a')).toBe('["x, y","2","b, c","--d=e","f \\"g\\""]\n');
    expect(made.name).toContain(`TWO=2 ${path} "b, c" --d=e 'f "g"'`);
  });

  it('are told apart from threads: who they are is what a program of its own is', () => {
    const path = write(
      'who.cjs',
      `const { isMainThread, parentPort, threadId, workerData } = require('node:worker_threads');
       const { execArgv, title, stdout: { isTTY, columns } } = process;
       console.log(JSON.stringify({ isMainThread, parentPort, threadId, workerData, execArgv, title, isTTY, columns, main: require.main === module }));`,
    );
    const real = spawnSync(process.execPath, [path], { argv0: 'node', encoding: 'utf8' }).stdout;
    expect(runOnce(hostsScenario({ hosts: parseHosts(`a=${path}`) })).world.output('a')).toBe(real);
  });

  it('end with the code that Node ends them with, and another than 0 is a failure', () => {
    const [left, asked, awaits] = ['exitCode = 3', 'exit(4)']
      .map((text, at) => write(`code-${at}.mjs`, `process.${text};`))
      .concat(write('awaits.mjs', 'await new Promise(() => {});'));
    for (const [path, code] of [
      [left, 3],
      [asked, 4],
      [awaits, 13],
    ] as const) {
      expect(fails(`a=${path}`).failure?.message).toContain(`a exits with code ${code}`);
      expect(spawnSync(process.execPath, [path as string]).status).toBe(code);
    }
    const expects = scenario('says otherwise', (world) => {
      world.process('a').spawn('a', nodeProgram(asked as string, { exitCode: 4 }));
    });
    expect(runOnce(expects).result.failure).toBeUndefined();
  });

  it('end after so much virtual time, whoever still runs', () => {
    const path = write('ticks.mjs', 'setInterval(() => console.log(1), 1_000);');
    const { result, world } = runOnce(
      hostsScenario({ hosts: parseHosts(`a=${path}`), untilMs: 3_500, latencyMsMin: 0 }),
    );
    expect(result.failure).toBeUndefined();
    // Servers are given five seconds more to settle, as in every run.
    expect(world.output('a').split('\n')).toHaveLength(8 + 1);
  });

  it('may be TypeScript, whatever this Node can read itself', () => {
    const path = write(
      'typed.ts',
      `interface Kind { one: number }
       const kind: Kind = { one: 1 };
       console.log(kind.one);`,
    );
    expect(runOnce(hostsScenario({ hosts: parseHosts(`a=${path}`) })).world.output('a')).toBe(
      '1\n',
    );
  });

  it.each(['server', 'a=b,a=c', 'a b=c'])('are refused as %j', (text) => {
    expect(() => parseHosts(text)).toThrow(UsageError);
  });

  it('are known by all that makes a run another one', () => {
    const made = hostsScenario({
      hosts: parseHosts(`server=${SHOP}/server.mjs --fast,client=${SHOP}/client.mjs`),
      latencyMsMin: 1,
      latencyMsMax: 20,
      splits: true,
    });
    const again = hostsScenario(hostsPlanOf(JSON.parse(JSON.stringify(made.recipe))) as HostsPlan);
    expect(again.name).toBe(made.name);
    expect(again.options).toEqual(made.options);
    expect(hostsPlanOf(undefined)).toBe(undefined);
    expect(hostsPlanOf({ by: 'somebody else' })).toBe(undefined);
  });

  it.each([
    ['hosts', 'server=./server.js'],
    ['hosts', []],
    ['hosts', [{ host: 'a', program: 1, args: [] }]],
    ['faults', ['fire']],
    ['latencyMsMax', -1],
  ])('are refused where a recipe says %s: %j', (field, value) => {
    const { recipe } = shop('server');
    expect(() => hostsPlanOf({ by: 'hosts', ...recipe, [field]: value })).toThrow(
      new RegExp(`the hosts that are to be run cannot be read: field "${field}`),
    );
  });
});
