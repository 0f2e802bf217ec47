/**
 * `npm run runtimes`: `check` on Bun and Deno finds what it finds on Node, by the same schedule.
 * With the package as it is packed; needs the registry, which has both.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Async tasks and a realm, virtual time and a network. */
const PROGRAM = `
import { check, realm, scenario } from 'heddle';
const echo = scenario('echo', (world) => {
  let answer = '';
  world.process('server').spawn('server', async (sys) => {
    const listener = await sys.socket('inet', 'stream');
    await sys.bind(listener, { host: '0.0.0.0', port: 7000 });
    await sys.listen(listener);
    const { fd } = await sys.accept(listener);
    await sys.send(fd, await sys.recv(fd, 1024));
    await sys.close(fd);
  });
  world.process('client').spawn('client', async (sys) => {
    const fd = await sys.socket('inet', 'stream');
    await sys.connect(fd, { host: '127.0.0.1', port: 7000 });
    await sys.send(fd, new TextEncoder().encode('hello'));
    await sys.shutdown(fd, 'wr');
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    answer = new TextDecoder().decode(await sys.recv(fd, 1024));
  }, { afterListen: 7000 });
  world.finally('the answer is whole', () => answer === 'hello' || answer);
});
const seat = realm('a seat is sold once', async (world) => {
  let free = 1;
  const store = world.service('store', { left: async () => free, take: async () => void free-- });
  const buy = async () => (await store.left()) > 0 && (await store.take(), true);
  const sold = await Promise.all([buy(), buy()]);
  if (sold.every(Boolean)) throw new Error('sold twice');
});
for (const its of [echo, seat]) {
  const failure = await check(its, { runs: 300, folder: false }).then(() => undefined, (error) => error);
  console.log(its.name, failure?.name, failure?.schedule, /echo.mjs:\\d+/.test(failure?.message));
}
process.exit(0);
`;

function said(cwd: string, command: string, ...args: string[]): string {
  const { FORCE_COLOR: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout.trim();
}

const folder = mkdtempSync(join(tmpdir(), 'heddle-runtimes-'));
try {
  const packed = said(ROOT, 'npm', 'pack', '--json', '--pack-destination', folder);
  const tarball = `./${/"filename": "([^"]+)"/.exec(packed)?.[1]}`;
  said(folder, 'npm', 'init', '-y');
  said(folder, 'npm', 'install', '--no-audit', '--no-fund', tarball, 'bun@1', 'deno@2');
  writeFileSync(join(folder, 'echo.mjs'), PROGRAM);
  const bin = (name: string): string => join(folder, 'node_modules/.bin', name);
  const onNode = said(folder, process.execPath, 'echo.mjs');
  if (!/^echo ScheduleFailure h1:\S+ true\na seat .* ScheduleFailure \S+ true$/.test(onNode)) {
    throw new Error(`Node says:\n${onNode}`);
  }
  for (const [name, ...args] of [['bun'], ['deno', 'run', '--allow-all']] as const) {
    const version = said(folder, bin(name), '--version').split('\n')[0];
    const its = said(folder, bin(name), ...args, 'echo.mjs');
    if (its !== onNode) throw new Error(`${name} ${version} says:\n${its}\nand Node:\n${onNode}`);
    console.log(`ok       ${name} (${version}): both races, by Node's schedules`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
