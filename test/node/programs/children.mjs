// What Node promises of child processes, as a program: each row of the table does something and
// gives what it saw. It prints one JSON object per line, on the real machine and simulated.
import * as cp from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'child.cjs');
const start = (args, options) => cp.spawn(process.execPath, [CHILD, ...args], options);

/** All that a child has printed, and how it ended. */
async function ended(child, ...events) {
  const saw = { out: '', err: '' };
  child.stdout?.on('data', (part) => {
    saw.out += part;
  });
  child.stderr?.on('data', (part) => {
    saw.err += part;
  });
  const order = [];
  for (const event of ['spawn', 'error', 'disconnect', 'exit', 'close', ...events]) {
    child.on(event, (...given) => order.push([event, ...given.map(plain)]));
  }
  await new Promise((resolve) => child.once('close', resolve));
  return [saw.out, saw.err, order];
}

const plain = (value) => (value instanceof Error ? [value.code, value.syscall, value.path] : value);

/** What it has printed as it died, but for the lines of its source and of Node's. */
const died = async (given, text) => {
  const [out, err, order] = await given;
  return [out, err.split('\n').includes(text), /\n\nNode\.js v[\d.]+\n$/.test(err), order];
};

const failing = async (code) => {
  try {
    return await code();
  } catch (error) {
    const { code, killed, signal, cmd, stdout, stderr, status, message } = error;
    return {
      code,
      killed,
      signal,
      cmd: cmd?.replace(process.execPath, 'node').replace(CHILD, 'child'),
      stdout: String(stdout),
      stderr: String(stderr),
      status,
      message: message.split('\n')[0].replace(process.execPath, 'node').replaceAll(CHILD, 'child'),
    };
  }
};

const quoted = `"${process.execPath}" "${CHILD}"`;

const TABLE = {
  'spawn: arguments': () => ended(start(['args', 'a', 'b c', '--d'])),
  'spawn: an environment of its own': () => ended(start(['env'], { env: { ONE: 'first' } })),
  'spawn: a working directory': () => ended(start(['cwd'], { cwd: '/' })),
  'spawn: a folder that is not there': async () => {
    const child = start(['cwd'], { cwd: '/no/such/folder' });
    const saw = await ended(child);
    saw[2][0][1][2] = path.basename(saw[2][0][1][2]);
    return [child.pid, saw];
  },
  'spawn: an exit code': () => ended(start(['code', '3'])),
  'spawn: process.exitCode': () => ended(start(['exitCode', '4'])),
  'spawn: what it throws': () => died(ended(start(['throws'])), 'TypeError: no such thing'),
  'spawn: what it rejects': () => died(ended(start(['rejects'])), 'RangeError: not settled'),
  'spawn: both outputs': () => ended(start(['both'])),
  'spawn: no such module': async () => {
    const child = cp.spawn(process.execPath, [path.join(os.tmpdir(), 'no-such.cjs')]);
    const [out, err, order] = await ended(child);
    return [out, err.includes('Cannot find module'), order];
  },
  'spawn: its text on the command line': () =>
    ended(
      cp.spawn(process.execPath, [
        '-e',
        'console.log(process.argv.length, typeof require, 6 * 7)',
        'more',
      ]),
    ),
  'spawn: standard input': async () => {
    const child = start(['echo']);
    child.stdin.write('one ');
    setTimeout(() => child.stdin.end('two'), 20);
    return ended(child);
  },
  'spawn: much on standard input': async () => {
    const child = start(['counts']);
    child.stdin.end('y'.repeat(500_000));
    return ended(child);
  },
  'spawn: much on standard output': async () => {
    const [out, err, order] = await ended(start(['much']));
    return [out.length, err, order];
  },
  'spawn: nothing to read from, nothing said': () =>
    ended(start(['counts'], { stdio: ['ignore', 'ignore', 'pipe'] })),
  'spawn: input ignored': () => ended(start(['counts'], { stdio: ['ignore', 'pipe', 'pipe'] })),
  'spawn: output into a file': async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heddle-'));
    const file = path.join(folder, 'out');
    const fd = fs.openSync(file, 'w');
    await ended(start(['both'], { stdio: ['ignore', fd, fd] }));
    fs.closeSync(fd);
    const text = fs.readFileSync(file, 'utf8');
    fs.rmSync(folder, { recursive: true });
    return text.split('\n').sort();
  },
  'spawn: process ids': async () => {
    const child = start(['ids']);
    const [out] = await ended(child);
    const [pid, ppid] = JSON.parse(out);
    return [pid === child.pid, ppid === process.pid];
  },
  'spawn: a child of a child, on inherited outputs': () => ended(start(['grand'])),
  'spawn: two at once': async () => {
    const both = [start(['code', '1']), start(['code', '2'])];
    return Promise.all(both.map((child) => ended(child)));
  },
  'kill: SIGTERM': async () => {
    const child = start(['waits']);
    child.stdout.once('data', () => child.kill());
    const saw = await ended(child);
    return [saw, child.killed, child.signalCode, child.exitCode, child.kill()];
  },
  'kill: SIGKILL': async () => {
    const child = start(['parries']);
    child.stdout.once('data', () => child.kill('SIGKILL'));
    return ended(child);
  },
  'kill: a signal that is handled': async () => {
    const child = start(['parries']);
    child.stdout.once('data', () => process.kill(child.pid));
    return ended(child);
  },
  'kill: whether it is there': async () => {
    const child = start(['waits']);
    await once(child.stdout, 'data');
    const before = process.kill(child.pid, 0);
    child.kill();
    await once(child, 'exit');
    return [before, await failing(() => process.kill(child.pid, 0))];
  },
  'kill: a listener of a signal keeps nobody alive': () => ended(start(['listens'])),
  'kill: itself': () => ended(start(['itself'])),
  'kill: abort': () => ended(start(['aborts'], { stdio: ['ignore', 'pipe', 'ignore'] })),
  'kill: an abort signal': async () => {
    const aborter = new AbortController();
    const child = start(['waits'], { signal: aborter.signal });
    child.on('error', () => {});
    child.stdout.once('data', () => aborter.abort());
    const [out, , order] = await ended(child);
    return [out, order.map(([event]) => event)];
  },
  'kill: a time limit': () => ended(start(['late'], { timeout: 5, killSignal: 'SIGINT' })),
  'kill: a signal of its own, handled': async () => {
    const heard = once(process, 'SIGUSR2');
    process.kill(process.pid, 'SIGUSR2');
    const alive = setTimeout(() => {}, 60_000);
    const saw = await heard;
    clearTimeout(alive);
    return saw;
  },
  'fork: messages': async () => {
    const child = cp.fork(CHILD, ['replies'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const said = [];
    child.on('message', (message) => {
      said.push(message);
      if (said.length === 1) child.send({ a: [1, null, 'ü'] });
      if (said.length === 2) child.send('bye');
    });
    return [await ended(child), said, child.connected];
  },
  'fork: no more to say': async () => {
    const child = cp.fork(CHILD, ['once'], { silent: true });
    child.send(1, (error) => said.push(error));
    const said = [];
    child.on('message', (message) => said.push(message));
    return [await ended(child), said];
  },
  'fork: advanced serialization': async () => {
    const child = cp.fork(CHILD, ['replies'], { silent: true, serialization: 'advanced' });
    const said = [];
    child.on('message', (message) => {
      said.push(message);
      if (said.length === 1) child.send(new Map([[1, new Date(0)]]));
      else child.send('bye');
    });
    await ended(child);
    return [said[0], said[1].got instanceof Map, said[1].got.get(1).getTime()];
  },
  'fork: disconnected by its parent': async () => {
    const child = cp.fork(CHILD, ['silent'], { silent: true });
    setTimeout(() => child.disconnect(), 200);
    // Node tells no 'close' of one that its parent has disconnected.
    const said = [once(child.stdout, 'data'), once(child, 'exit')];
    const [[out], exit] = await Promise.all(said);
    return [String(out), exit, await failing(() => promisify(child.send).call(child, 'more'))];
  },
  'fork: many messages': async () => {
    const child = cp.fork(CHILD, ['replies'], { silent: true });
    const said = [];
    for (let i = 0; i < 200; i++) child.send(i);
    child.on('message', (message) => {
      said.push(message.got);
      if (said.length === 201) child.send('bye');
    });
    await ended(child);
    return said;
  },
  'fork: options of node': async () => {
    const child = cp.fork(CHILD, ['args'], { silent: true, execArgv: ['--no-warnings'] });
    return ended(child);
  },
  'execFile: its outputs': () => promisify(cp.execFile)(process.execPath, [CHILD, 'both']),
  'execFile: an exit code': () =>
    failing(() => promisify(cp.execFile)(process.execPath, [CHILD, 'code', '9'])),
  'execFile: too much': () =>
    failing(() =>
      promisify(cp.execFile)(process.execPath, [CHILD, 'much'], { maxBuffer: 100 }),
    ).then(({ code, message }) => [code, message]),
  'exec: one command': () => promisify(cp.exec)(`${quoted} args 'a  b' "c"`),
  'exec: a variable before it': () => promisify(cp.exec)(`ONE=2 ${quoted} env`),
  'exec: node by its name': () => promisify(cp.exec)(`node "${CHILD}" both`),
  'spawnSync: its outputs': () => {
    const { status, signal, output, error } = cp.spawnSync(process.execPath, [CHILD, 'both']);
    return [status, signal, output.map((part) => part && String(part)), error];
  },
  'spawnSync: input': () =>
    String(cp.execFileSync(process.execPath, [CHILD, 'echo'], { input: 'given' })),
  'spawnSync: an exit code': () =>
    failing(() => cp.execFileSync(process.execPath, [CHILD, 'code', '6'], { stdio: 'pipe' })),
  'spawnSync: a time limit': () => {
    const { status, signal, error } = cp.spawnSync(process.execPath, [CHILD, 'waits'], {
      timeout: 300,
    });
    return [status, signal, error.code];
  },
  'spawnSync: a folder that is not there': () => {
    const { status, error, output, pid } = cp.spawnSync(process.execPath, [CHILD], {
      cwd: '/no/such',
    });
    return [status, error.code, output, pid];
  },
  'spawnSync: ended by a signal': () => {
    const { status, signal } = cp.spawnSync(process.execPath, [CHILD, 'itself']);
    return [status, signal];
  },
};

const only = process.argv[2];
for (const [name, behaviour] of Object.entries(TABLE)) {
  if (only !== undefined && !name.includes(only)) continue;
  let saw;
  try {
    saw = await behaviour();
  } catch (error) {
    saw = `threw ${error?.stack ?? error}`;
  }
  console.log(JSON.stringify({ name, saw }));
}
process.exit(0);
