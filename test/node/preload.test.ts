import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePreload } from '../../tools/node-bundles.ts';
import { program } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
const PRELOAD = join(folder, 'preload.mjs');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  // As it is published.
  bundlePreload(new URL('../../src/node', import.meta.url).pathname, folder, 'preload.mjs');
});

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

function node(args: readonly string[], env: Record<string, string> = {}): Ran {
  const ran = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  return { out: ran.stdout, err: ran.stderr, code: ran.status };
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const simulated = (path: string, env: Record<string, string> = {}): Ran =>
  node(['--import', PRELOAD, path], env);

describe('node --import heddle/node', () => {
  it('does all that node:net does on real sockets', () => {
    const path = program('behaviours.mjs');
    const { out, err, code } = simulated(path);
    // One behaviour is that of process.emitWarning.
    expect(err).toMatch(/^\(node:\d+\) \[C1\] Custom: beware\n\(Use `node --trace-warnings .*\n$/);
    expect(code).toBe(0);
    const lines = out.split('\n');
    // Where this machine makes a timer of Node's late, another run tells: see behaviours.test.
    let left = lines;
    for (let run = 0; run < 4 && left.length > 0; run++) {
      const real = new Set(
        execFileSync(process.execPath, [path], { encoding: 'utf8' }).split('\n'),
      );
      expect(lines).toHaveLength(real.size);
      left = left.filter((line) => !real.has(line));
    }
    expect(left).toEqual([]);
  });

  it('reaches the simulated network and no other', () => {
    const path = write(
      'handle.cjs',
      `const net = require('node:net');
       const server = net.createServer().listen(0, () => {
         console.log(server._handle.heddleId > 0);
         server.close();
       });`,
    );
    expect(simulated(path).out).toBe('true\n');
    expect(node([path]).out).toBe('false\n');
  });

  it('lets a day pass in no time', () => {
    const path = write(
      'day.mjs',
      `import net from 'node:net';
       const server = net.createServer((socket) => socket.pipe(socket)).listen(0);
       const client = net.connect(server.address().port);
       client.setTimeout(86_400_000, () => {
         console.log(Math.round(performance.now() / 3_600_000), new Date().getUTCDate());
         client.destroy();
         server.close();
       });`,
    );
    const { out, code } = simulated(path);
    expect(out).toBe('24 2\n');
    expect(code).toBe(0);
  });

  it('lets time pass for who works until a moment of the clock', () => {
    const path = write(
      'until.mjs',
      `import http from 'node:http';
       import { once } from 'node:events';
       const server = http.createServer((_, response) => response.end()).listen(0);
       await once(server, 'listening');
       const end = Date.now() + 200;
       while (Date.now() < end) {
         const [response] = await once(http.get({ port: server.address().port }), 'response');
         await once(response.resume(), 'end');
       }
       console.log('over');
       server.close();`,
    );
    expect(simulated(path).out).toBe('over\n');
  });

  it('leaves worker threads the streams that Node gives them', () => {
    const path = write(
      'worker.cjs',
      `const { isMainThread, Worker } = require('node:worker_threads');
       if (!isMainThread) return void console.log('of the worker');
       const worker = new Worker(__filename, { stdout: true });
       worker.stdout.on('data', (chunk) => console.log('heard:', String(chunk).trim()));`,
    );
    expect(simulated(path)).toEqual(node([path]));
  });

  it('lets no time pass while the machine reads the Blob of a file', () => {
    const path = write(
      'blob.mjs',
      `import fs from 'node:fs';
       const file = new URL('./blob.bin', import.meta.url);
       fs.writeFileSync(file, Buffer.alloc(3_000_000));
       const blob = await fs.openAsBlob(file);
       setTimeout(() => console.log('timer'), 1);
       console.log((await blob.arrayBuffer()).byteLength);`,
    );
    expect(simulated(path).out).toBe('3000000\ntimer\n');
  });

  it('gives the same trace for the same seed, and says so', () => {
    const path = write(
      'requests.mjs',
      `import http from 'node:http';
       const server = http.createServer((request, response) => response.end(request.url)).listen(0);
       const ask = async (path) => (await fetch(\`http://127.0.0.1:\${server.address().port}\${path}\`)).text();
       console.log((await Promise.all(['/a', '/b', '/c'].map(ask))).join());
       server.closeAllConnections();
       server.close();`,
    );
    const report = (seed: string): string => {
      const { out, err } = simulated(path, { HEDDLE_SEED: seed, HEDDLE_REPORT: '1' });
      expect(out).toBe('/a,/b,/c\n');
      return /digest ([0-9a-f]{16})/.exec(err)?.[1] ?? err;
    };
    const seven = report('7');
    expect(report('7')).toBe(seven);
    expect(new Set([seven, report('8'), report('9')]).size).toBeGreaterThan(1);
  });

  it('runs a program twice and compares, when that is asked for', () => {
    const same = write(
      'same.mjs',
      `import http from 'node:http';
       const server = http.createServer((request, response) => response.end(String(Math.random()))).listen(0);
       console.log((await (await fetch(\`http://127.0.0.1:\${server.address().port}/\`)).text()).slice(0, 2));
       server.closeAllConnections();
       server.close();`,
    );
    const equal = simulated(same, { HEDDLE_SEED: '7', HEDDLE_CHECK: '1' });
    expect(equal).toEqual({ out: '0.\n', err: '', code: 0 });

    const other = write(
      'other.mjs',
      `import fs from 'node:fs';
       const path = new URL('./times', import.meta.url);
       const times = fs.existsSync(path) ? Number(fs.readFileSync(path)) : 1;
       fs.writeFileSync(path, String(times + 1));
       setTimeout(() => console.log(times), 1_000 * times);`,
    );
    const { out, err, code } = simulated(other, { HEDDLE_CHECK: '1' });
    expect(out).toBe('1\n');
    expect(code).toBe(1);
    const [, first, second] =
      /heddle: not deterministic: this run has digest (\w+), a second one .* has digest (\w+)/.exec(
        err,
      ) ?? [];
    expect(second).toMatch(/^[0-9a-f]{16}$/);
    expect(second).not.toBe(first);
  });

  it('refuses to compare what is only a part of a program', () => {
    const child = write('part.mjs', `console.log('the first line');`);
    const parent = write(
      'forks.mjs',
      `import { fork } from 'node:child_process';
       const child = fork(${JSON.stringify(child)}, { execArgv: ['--import', ${JSON.stringify(PRELOAD)}] });
       child.on('exit', (code) => console.log('child', code));`,
    );
    const { out, err } = node([parent], { HEDDLE_CHECK: '1' });
    expect(out).toBe('child 2\n');
    expect(err).toContain('HEDDLE_CHECK=1 starts a program a second time');
  });

  it('counts work that nobody controls, and names the line that began it', () => {
    const path = write(
      'uncontrolled.mjs',
      `import fs from 'node:fs';
       import { promisify } from 'node:util';
       for (let i = 0; i < 2; i++) fs.watch('.').close();
       await (await fs.promises.open(process.argv[1])).close();
       fs.opendir('.', (error, folder) => folder.closeSync());
       const { bytesRead } = await promisify(fs.read)(fs.openSync(process.argv[1]), Buffer.alloc(4), 0, 4, 0);
       console.log(bytesRead, String(await promisify(fs.readFile)(process.argv[1])).slice(0, 6));`,
    );
    const { out, err } = simulated(path, { HEDDLE_REPORT: '1' });
    expect(out).toBe('4 import\n');
    expect(err).toMatch(/uncontrolled: 2 × fs\.watch at .*uncontrolled\.mjs:3:\d+/);
    expect(err.match(/uncontrolled:/g)).toHaveLength(1);
  });

  it('ends a program of an error that nobody handles as Node does', () => {
    const path = write(
      'error.mjs',
      `import net from 'node:net';
       process.on('exit', (code) => console.log('exit', code));
       net.connect(1, '127.0.0.1');`,
    );
    const { out, err, code } = simulated(path);
    expect(code).toBe(1);
    expect(out).toBe('exit 1\n');
    expect(err).toContain('ECONNREFUSED');
  });

  it('stops before the first line where it cannot take hold, and says why', () => {
    const path = write('never.mjs', `console.log('the first line');`);
    const flag = process.versions.node.startsWith('20.')
      ? '--experimental-permission'
      : '--permission';
    const { out, err, code } = node([flag, '--allow-fs-read=*', '--import', PRELOAD, path]);
    expect(out).toBe('');
    expect(err).toMatch(/heddle: .*permission/i);
    expect(code).toBe(2);
  });

  it.each([
    ['a process', "cp.spawn('node', ['a.js'])", /spawn of a process was asked for: a program that/],
    ['one that is waited for', "cp.execSync('ls')", /spawnSync of a process was asked for/],
    ['a signal for another', 'process.kill(process.pid + 1)', /kill of a process was asked for/],
    ['a descriptor', "new (require('net').Socket)({ fd: 0 })", /of the real machine/],
  ])('refuses %s, with the reason', (name, text, message) => {
    const path = write(`${name}.cjs`, `const cp = require('child_process'); ${text};`);
    const { out, err, code } = simulated(path);
    expect([out, code]).toEqual(['', 1]);
    expect(err).toMatch(message);
  });

  it('tells of a worker thread, which is real', () => {
    const path = write(
      'thread.cjs',
      `const { Worker } = require('worker_threads');
       new Worker('require("worker_threads").parentPort.postMessage(1)', { eval: true })
         .on('message', (message) => console.log(message, Worker.name));`,
    );
    const { out, err } = simulated(path, { HEDDLE_REPORT: '1' });
    expect(out).toBe('1 Worker\n');
    expect(err).toMatch(/uncontrolled: 1 × a worker thread at .*thread\.cjs:2/);
  });

  it('refuses a seed that is none', () => {
    const path = write('seed.mjs', '');
    const { err, code } = simulated(path, { HEDDLE_SEED: 'x' });
    expect(err).toContain('HEDDLE_SEED=x says nothing');
    expect(code).toBe(2);
  });

  it('takes hold in a forked child too, where net has been loaded before', () => {
    const path = write(
      'parent.mjs',
      `import { fork } from 'node:child_process';
       const child = fork(process.argv[2], { execArgv: ['--import', ${JSON.stringify(PRELOAD)}] });
       child.on('exit', (code) => console.log('child', code));`,
    );
    const child = write(
      'child.mjs',
      `import http from 'node:http';
       const server = http.createServer((_, response) => response.end('x')).listen(0, async () => {
         console.log(server._handle.heddleId > 0);
         const text = await (await fetch(\`http://127.0.0.1:\${server.address().port}\`)).text();
         console.log(text);
         process.exit(0);
       });`,
    );
    const { out } = node([path, child]);
    expect(out).toBe('true\nx\nchild 0\n');
  });
});
