// heddle is killed in the middle of a run: what becomes of its engines.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inMacrotask, postgres, realm, redis, replay } from 'heddle';
import { expect, it, onTestFinished } from 'vitest';

const PLACE = '/dev/shm';
const KINDS = /^heddle-(?:postgres|redis)-/;
const foldersOf = (pid: number): string[] =>
  readdirSync(PLACE)
    .filter((name) => KINDS.test(name))
    .map((name) => join(PLACE, name))
    .filter((folder) => textOf(join(folder, 'owner')).startsWith(`${pid} `));

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Processes of engines that have one of these folders. */
const processesOf = (folders: readonly string[]): string[] =>
  readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    const places = `${textOf(`/proc/${name}/cmdline`)} ${linkOf(`/proc/${name}/cwd`)}`;
    return folders.some((folder) => places.includes(folder));
  });

interface Alone {
  readonly child: ChildProcess;
  readonly folders: readonly string[];
}

/** A heddle that stands still in the middle of a run. */
async function alone(): Promise<Alone> {
  const args = ['--import', 'tsx', join(import.meta.dirname, 'engine-alone.ts')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  const folders = foldersOf(child.pid as number);
  expect(folders).toHaveLength(2);
  return { child, folders };
}

async function kill({ child }: Alone): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(50);
}

it('its engines end, and leave nothing', async () => {
  const one = await alone();
  expect(processesOf(one.folders).length).toBeGreaterThan(5);
  await kill(one);
  await until(() => processesOf(one.folders).length === 0);
  await until(() => !one.folders.some(existsSync));
});

it('those of one that was killed with all that watched over it are ended by the next start', async () => {
  const one = await alone();
  const watching = processesOf(one.folders).filter((pid) =>
    textOf(`/proc/${pid}/cmdline`).startsWith('/bin/sh'),
  );
  expect(watching).toHaveLength(2);
  for (const pid of watching) process.kill(Number(pid), 'SIGKILL');
  await kill(one);
  // The server too: who waits for a lock is stopped, and does not see that it is gone.
  const server = processesOf(one.folders).find((pid) =>
    /\/postgres\0-D/.test(textOf(`/proc/${pid}/cmdline`)),
  );
  process.kill(Number(server), 'SIGKILL');
  expect(processesOf(one.folders).length).toBeGreaterThan(1);
  const next = realm('the next start', async (world) => {
    world.host('db').service(postgres());
    world.host('cache').service(redis());
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
  await inMacrotask(() => replay(next, [], 'clamp'));
  await until(() => processesOf(one.folders).length === 0);
  expect(one.folders.filter(existsSync)).toEqual([]);
});

it('nothing is written outside of its folders, and no port is open', async () => {
  const stamp = mkdtempSync(join(tmpdir(), 'heddle-'));
  const one = await alone();
  const pids = processesOf(one.folders);
  const open = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)),
  );
  const ports = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((name) =>
    textOf(`/proc/net/${name}`)
      .split('\n')
      .map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`),
  );
  expect(open.filter((path) => ports.includes(path))).toEqual([]);
  const files = open.filter((path) => path.startsWith('/') && !path.startsWith('/dev/null'));
  expect(files.length).toBeGreaterThan(10);
  const isOwn = (path: string): boolean => one.folders.some((folder) => path.startsWith(folder));
  expect(files.filter((path) => !isOwn(path))).toEqual([]);
  // What belongs to PostgreSQL's user is of nobody else.
  if (process.getuid?.() === 0) {
    const where = ['/var', '/run', '/home', PLACE, tmpdir()];
    const what = ['-user', 'postgres', '-newer', stamp];
    const { stdout } = spawnSync('find', [...where, ...what], { encoding: 'utf8' });
    const found = stdout.split('\n').filter((path) => path !== '');
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter((path) => !isOwn(path))).toEqual([]);
  }
  await kill(one);
  await until(() => !one.folders.some(existsSync));
});
