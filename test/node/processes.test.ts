// What a program asks of other processes on its host: a race between two of them, stand-ins for
// commands, and what cannot be had.
import 'heddle/realm';
import cp from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  fuzz,
  inMacrotask,
  nodeProgram,
  programNotes,
  type Realm,
  realm,
  replay,
  type Scenario,
  scenario,
  type TaskOptions,
  type World,
} from 'heddle';
import { afterAll, describe, expect, it } from 'vitest';
import { program, runOnce } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A program of this text on the host `app`. */
function running(
  text: string,
  prepare: (world: World) => void = () => {},
  options: TaskOptions = { daemon: false },
): Scenario {
  const path = join(folder, `program-${++files}.cjs`);
  writeFileSync(path, `const cp = require('node:child_process');\n${text}`);
  return scenario('a program and others', (world) => {
    prepare(world);
    world.host('app').process('program').spawn('program', nodeProgram(path), options);
  });
}

/** What it prints in the calm run, and what has failed. */
function printed(text: string, prepare?: (world: World) => void): [string, string | undefined] {
  const { world, result } = runOnce(running(text, prepare));
  return [world.output('program'), result.failure?.message];
}

describe.each([
  ['stops.mjs', 'a signal comes before its handler', /program exits with code 1: "null SIGTERM"/],
  ['stock.mjs', 'workers of a cluster sell one piece twice', /code 1: "sold,sold"/],
])('%s: %s', (name, _, message) => {
  const made = (...args: string[]): Scenario =>
    scenario(name, (world) => {
      const body = nodeProgram(program(name), { args });
      world.host('app').process('program').spawn('program', body, { daemon: false });
    });

  it('is found, and replayed with the same digest', async () => {
    const { found } = await inMacrotask(() => fuzz(made(), { runs: 40, seed: 1 }));
    expect(found?.failure.message).toMatch(message);
    const digests = new Set<string | undefined>();
    for (let i = 0; i < 3; i++) {
      const decisions = found?.decisions ?? [];
      const again = await inMacrotask(() => replay(made(), decisions, 'clamp', { digest: true }));
      expect(again.failure?.signature).toBe(found?.failure.signature);
      digests.add(again.digest);
    }
    expect(digests.size).toBe(1);
  });

  it('is not found once it is mended', async () => {
    const { found } = await inMacrotask(() => fuzz(made('fixed'), { runs: 10, seed: 1 }));
    expect(found?.failure.message).toBeUndefined();
  });
});

describe('a command that is no Node program', () => {
  it('is answered by what the test puts in its place', () => {
    const [out, failure] = printed(
      `const began = Date.now();
       const git = cp.spawn('git', ['status', '-s'], { cwd: '/', env: { A: '1' } });
       git.stdout.on('data', (part) => console.log('out', String(part)));
       git.stderr.on('data', (part) => console.log('err', String(part)));
       git.on('close', (code, signal) => console.log('close', code, signal, Date.now() - began >= 50));`,
      (world) => {
        world.host('app').command('git', ({ args, cwd, env }) => ({
          stdout: `${args.join(' ')} in ${cwd} with ${env['A']}`,
          stderr: 'beware',
          code: 3,
          afterMs: 50,
        }));
      },
    );
    expect([out, failure]).toEqual([
      'out status -s in / with 1\nerr beware\nclose 3 null true\n',
      undefined,
    ]);
  });

  it('is given what it is to read, and found by its path, by a shell and by who waits for it', () => {
    const [out, failure] = printed(
      `console.log(String(cp.execFileSync('/usr/bin/tr', ['a', 'b'], { input: 'papa' })));
       console.log(String(cp.execSync('tr "x y" z', { input: 'more' })));
       console.log(cp.spawnSync('tr', { input: 'x' }).status);`,
      (world) => {
        const tr = ({ stdin, args }: { stdin: string; args: readonly string[] }) =>
          stdin === 'papa' ? `${args.length} ${stdin.toUpperCase()}` : JSON.stringify(args);
        world.host('app').command('tr', tr, { stdin: true });
      },
    );
    expect([out, failure]).toEqual(['2 PAPA\n["x y","z"]\n0\n', undefined]);
  });

  it('is not there where the test says so', () => {
    const [out, failure] = printed(
      `cp.spawn('git').on('error', ({ code, path }) => console.log(code, path));
       cp.exec('git pull', ({ code }, out, err) => console.log(code, err.trim()));`,
      (world) => world.host('app').command('git', null),
    );
    expect(failure).toBeUndefined();
    expect(out.split('\n').sort()).toEqual(['', '127 sh: 1: git: not found', 'ENOENT git']);
  });

  it('stands on its host alone', () => {
    const [, failure] = printed(`cp.spawn('git');`, (world) =>
      world.host('other').command('git', () => ''),
    );
    expect(failure).toContain('`git` was to be started on app, which is no Node program');
  });

  it('ends its run where its stand-in throws', () => {
    const [, failure] = printed(`cp.spawn('git');`, (world) =>
      world.host('app').command('git', () => {
        throw new RangeError('no such branch');
      }),
    );
    expect(failure).toContain('no such branch');
  });

  it.each([
    [
      'a binary',
      `cp.spawn('/usr/bin/convert', ['a.png'])`,
      /`\/usr\/bin\/convert a\.png` was to be/,
    ],
    ['a shell', `cp.spawn('bash')`, /`bash` was to be started on app/],
    ['a pipeline', `cp.exec('ls | wc -l')`, /the shell line "ls \| wc -l" was to be run on app/],
    ['a variable', `cp.execSync('echo $HOME')`, /only a line of one command with plain words/],
    ['an unknown one of a line', `cp.exec('make all')`, /`make all` was to be started on app/],
    ['Node without a program', `cp.spawn(process.execPath)`, /a Node without a program/],
    ['an option', `cp.fork(__filename, { execArgv: ['--inspect'] })`, /node's option --inspect/],
    ['a module before it', `cp.spawn('node', ['-r', './a', 'b'])`, /node's option -r \.\/a/],
    ['a group', `process.kill(0, 'SIGTERM')`, /group of processes/],
    [
      'a datagram socket that is passed',
      `const socket = require('dgram').createSocket('udp4').bind(0, () => {
         cp.fork(__filename).send('take', socket);
       });`,
      /datagram socket was to be passed/,
    ],
    [
      'a thread',
      `new (require('worker_threads').Worker)('/a.js')`,
      /a worker thread was to be started, .* by child_process\.fork/,
    ],
    ['a stop', `process.kill(process.pid, 'SIGSTOP')`, /signal 19, which stops a process/],
  ])('is refused with the reason: %s', (_, text, message) => {
    const [, failure] = printed(text);
    expect(failure).toMatch(message);
    expect(failure).toMatch(/UsageError|refuse|was to be|not simulated/);
  });

  it('says what to do', () => {
    const [, failure] = printed(`cp.execFile('git', ['log']);`);
    expect(failure).toContain('world.host("app").command("git", ({ args }) =>');
  });

  it('is refused in a child as well, whatever its parent makes of exit codes', () => {
    const [, failure] = printed(
      `if (process.argv[2] === undefined) cp.fork(__filename, ['child']);
       else cp.spawn('git');`,
    );
    expect(failure).toContain('`git` was to be started on app');
  });
});

describe('a child', () => {
  it('is judged by the one that has started it', () => {
    const { world, result } = runOnce(
      running(`cp.spawn('node', ['-e', 'process.exit(4)']).on('exit', () => console.log('over'));`),
    );
    expect(result.failure).toBeUndefined();
    expect(world.output('program')).toBe('over\n');
    expect(programNotes(world, '[eval]#1')?.exitCode).toBe(4);
  });

  it('need not end where its parent serves, and must where its parent ends', () => {
    const waits = `cp.spawn('node', ['-e', 'process.on("SIGINT", () => {});' +
      'require("net").connect("/nobody").on("error", () => process.stdin.resume())'])`;
    const body = (text: string) => runOnce(running(text, undefined, {})).result.failure?.message;
    expect(body(`${waits}; require('net').createServer().listen(80);`)).toBeUndefined();
    expect(body(`${waits};`)).toMatch(/\[eval\]#1 waits for events/);
    expect(body(`${waits}; setTimeout(() => process.exit(0), 1000);`)).toBeUndefined();
  });

  it('is on its host: it shares the disk, and reaches its parent by localhost', () => {
    const [out, failure] = printed(
      `const fs = require('fs'), net = require('net');
       fs.writeFileSync('/shared', 'by the parent');
       const server = net.createServer((socket) => socket.end('served')).listen(8080, () => {
         const code = 'console.log(fs.readFileSync("/shared", "utf8"), os.hostname());' +
           'net.connect(8080).on("data", (part) => console.log(String(part)))';
         cp.execFile('node', ['-e', 'const fs = require("fs"), net = require("net"), os = require("os");' + code],
           (error, out) => { console.log(error, out); server.close(); });
       });`,
    );
    expect(failure).toBeUndefined();
    expect(out).toBe('null by the parent app\nserved\n\n');
  });

  it('lets go of what was on its way to it when it is killed', () => {
    const [out, failure] = printed(
      `const net = require('net');
       const server = net.createServer({ pauseOnConnect: true }, (socket) => {
         const child = cp.fork(__filename, ['child']);
         child.on('spawn', () => {
           child.send('take', socket, { keepOpen: true });
           child.kill('SIGKILL');
         });
         child.on('exit', (_, signal) => {
           console.log(signal);
           socket.destroy();
         });
       });
       if (process.argv[2] === 'child') setTimeout(() => {}, 1e6);
       else server.listen(80, () => {
         net.connect(80).on('error', ({ code }) => console.log(code)).on('close', () => {
           console.log('closed');
           process.exit(0);
         }).resume();
       });`,
    );
    expect([failure, out.split('\n').sort()]).toEqual([undefined, ['', 'SIGKILL', 'closed']]);
  });

  it('may be TypeScript', () => {
    const path = join(folder, 'child.ts');
    writeFileSync(path, 'const one: number = 1;\nprocess.send!(one);');
    const [out, failure] = printed(
      `cp.fork(${JSON.stringify(path)}).on('message', (message) => console.log(message));`,
    );
    expect([out, failure]).toEqual(['1\n', undefined]);
  });

  it('gets the orphan when its parent is gone', () => {
    const [out, failure] = printed(
      `cp.spawn('node', ['-e', 'setTimeout(() => console.log(process.ppid), 50)'], { stdio: 'inherit', detached: true }).unref();`,
    );
    expect([out, failure]).toEqual(['1\n', undefined]);
  });
});

describe('code in a realm', () => {
  const inRealm = async (body: (world: Realm) => unknown): Promise<string | undefined> => {
    const { failure } = await inMacrotask(() =>
      replay(
        realm('a realm', async (w) => body(w)),
        [],
      ),
    );
    return failure?.message;
  };

  it('is answered by a stand-in on its host', async () => {
    const saw: unknown[] = [];
    const failure = await inRealm((world) => {
      world.host('ci').command('git', ({ args }) => ({ stdout: args.join(), code: 2 }));
      return world.host('ci').run(async () => {
        const git = cp.spawn('git', ['log']);
        git.stdout.on('data', (part) => saw.push(String(part)));
        saw.push(await once(git, 'close'));
      });
    });
    expect([failure, saw]).toEqual([undefined, ['log', [2, null]]]);
  });

  it.each([
    [
      'a Node program',
      () => cp.spawn('node', ['a.js']),
      /in a realm starts none\. Put this program onto a host/,
    ],
    ['a binary', () => cp.spawn('convert'), /`convert` was to be started on localhost/],
    [
      'a thread',
      () => new Worker('/a.js'),
      /by child_process\.fork, where this program has a host/,
    ],
    ['one that is waited for', () => cp.execFileSync('ls'), /to be started and waited for at once/],
  ])('is refused what it cannot have: %s', async (_, body, message) => {
    expect(await inRealm(body)).toMatch(message);
  });
});
