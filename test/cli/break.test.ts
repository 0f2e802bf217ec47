// The failure that README.md begins with, replayed up to a step, and in a debugger.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const schedule = /replay: '(h1:[^']+)'/.exec(readme)?.[1] as string;
/** The step at which the server sends what it has, according to the README. */
const step = /(\d+) +\d+ ms +server +send /.exec(readme)?.[1] as string;
const command = [
  ...['--import', import.meta.resolve('tsx'), 'src/cli/main.ts', 'replay', schedule],
  ...['--file', 'examples/first/echo.test.ts'],
];
const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(args: readonly string[]): {
  child: ChildProcess;
  said: (what: RegExp) => Promise<string>;
} {
  const child = spawn(process.execPath, args, { cwd: root, env });
  children.push(child);
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
      for (const listener of listeners) listener();
    });
  }
  const said = (what: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const match = what.exec(text);
        if (match === null) return;
        listeners.delete(look);
        resolve(match[1] ?? match[0]);
      };
      listeners.add(look);
      look();
    });
  return { child, said };
}

describe('heddle replay', () => {
  it('--until stops after a step and says how things stand', () => {
    const { stdout, status } = spawnSync(process.execPath, [...command, '--until', step], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`stopped after step ${step}\n[\\s\\S]*✗ +${step} .*send`));
    expect(stdout).toMatch(/server fd 4 +ESTABLISHED server:7000 ↔ client/);
  }, 120_000);

  it('--break stops in a debugger, in the code of the user, at the syscall of the step', async () => {
    const replayed = start([...command, '--break', step, '--inspect-port', '0']);
    const address = await replayed.said(/node inspect (127\.0\.0\.1:\d+)/);
    const inspector = start(['inspect', address]);
    await inspector.said(/break in examples\/first\/echo\.ts/);
    inspector.child.stdin?.write("exec('new TextDecoder().decode(request)')\n");
    expect(await inspector.said(/debug> '(.*)'/)).toBe('h');
    inspector.child.stdin?.write('bt\n');
    await inspector.said(/#0 server examples\/first\/echo\.ts/);
    inspector.child.stdin?.write('cont\n');
    await replayed.said(/law +the client gets its bytes back/);
  }, 120_000);

  it.each([
    ['999', /the run has \d+ steps, so it cannot stop at step 999/],
    ['10', /step 10 is the network's or the clock's/],
  ])(
    '--break %s is refused with what to do',
    (at, message) => {
      const { stderr, status } = spawnSync(process.execPath, [...command, '--break', at], {
        cwd: root,
        env,
        encoding: 'utf8',
      });
      expect(stderr).toMatch(message);
      expect(status).toBe(2);
    },
    120_000,
  );
});
