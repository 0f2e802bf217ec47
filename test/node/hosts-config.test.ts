import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadHostsConfig } from '../../src/load/hosts-config.ts';
import { hostsScenario } from '../../src/node/hosts.ts';
import { UsageError } from '../../src/sys/errors.ts';
import { HEDDLE_MAIN } from '../built.ts';
import { runOnce } from './run.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-')));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'data'));
writeFileSync(join(folder, 'data', 'here.txt'), 'found');

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What is asked of files by relative paths, and of the folder itself. */
const ASKS = write(
  'asks.cjs',
  `const fs = require('node:fs'), path = require('node:path');
   const told = (ask) => { try { return ask(); } catch (e) { return [e.message, e.code, e.path, e.dest]; } };
   const asks = [
     () => process.cwd(), () => path.resolve('x'), () => fs.readFileSync('here.txt', 'utf8'),
     () => fs.existsSync('here.txt'), () => fs.existsSync(Buffer.from('here.txt')), () => fs.statSync('.').isDirectory(),
     () => fs.readFileSync('nope'), () => fs.readFileSync(''), () => fs.readdirSync('.'), () => fs.realpathSync('.'), () => fs.realpathSync.native('here.txt'),
     () => fs.renameSync('nope', 'neither'), () => fs.copyFileSync('here.txt', 'copy.txt'), () => fs.readFileSync('copy.txt', 'utf8'),
     () => fs.symlinkSync('here.txt', 'link'), () => fs.readlinkSync('link'), () => fs.unlinkSync('link'), () => fs.rmSync('copy.txt'),
     () => { const made = fs.mkdtempSync('made-'); fs.rmdirSync(made); return made.startsWith('made-'); },
     () => process.chdir('nope'), () => process.chdir('here.txt'), () => process.chdir('..'), () => process.cwd(), () => fs.existsSync('data/here.txt'),
   ];
   const said = asks.map(told);
   process.chdir('data');
   fs.readFile('here.txt', 'utf8', (_, text) => {
     fs.promises.readFile('./here.txt', 'utf8').then((again) => {
       fs.createReadStream('here.txt').on('data', (bytes) => console.log(JSON.stringify([said, text, again, String(bytes)])));
     });
   });`,
);

describe('a program in a working directory of its own', () => {
  it('finds what it would find there under Node', () => {
    const cwd = join(folder, 'data');
    const real = spawnSync(process.execPath, [ASKS], { cwd, encoding: 'utf8' });
    const made = hostsScenario({ hosts: [{ host: 'a', program: ASKS, cwd }] });
    expect(runOnce(made).world.output('a')).toBe(real.stdout);
    expect(real.stdout).toContain('found');
  });

  it('has another one than a program on another host', () => {
    const program = write('where.mjs', 'console.log(process.cwd());');
    const hosts = [
      { host: 'a', program },
      { host: 'b', program, cwd: folder, after: [] },
    ];
    const { world } = runOnce(hostsScenario({ hosts }));
    expect(world.output('a')).toBe(`${process.cwd()}\n`);
    expect(world.output('b')).toBe(`${folder}\n`);
  });

  it('is refused where there is no such folder', () => {
    const make = () => hostsScenario({ hosts: [{ host: 'a', program: ASKS, cwd: './nowhere' }] });
    expect(make).toThrow('there is no folder ./nowhere for a to run in');
  });
});

describe('a configuration file', () => {
  const HOSTS = `[{ host: 'a', program: './asks.cjs', args: ['x, y'], env: { ONE: '1' }, cwd: 'data' }]`;

  it.each([
    [
      'a.config.ts',
      `const hosts: object[] = ${HOSTS};\nexport default { hosts, untilMs: 60_000 };`,
    ],
    ['b.config.mjs', `export default { hosts: ${HOSTS}, untilMs: 60_000 };`],
    ['c.config.cjs', `module.exports = { hosts: ${HOSTS}, untilMs: 60_000 };`],
    [
      'd.config.json',
      `{ "hosts": ${HOSTS.replace(/(\w+):/g, '"$1":').replaceAll("'", '"')}, "untilMs": 60000 }`,
    ],
  ])('says which programs to run, from its own folder: %s', async (name, text) => {
    const config = await loadHostsConfig(write(name, text));
    const [host] = config.hosts;
    expect(config.untilMs).toBe(60_000);
    expect(host).toMatchObject({ host: 'a', args: ['x, y'], env: { ONE: '1' } });
    expect([host?.program, host?.cwd].map((path) => realpathSync(path as string))).toEqual([
      ASKS,
      join(folder, 'data'),
    ]);
    expect(hostsScenario(config).name).toContain('a=ONE=1');
  });

  it.each([
    ['{}', 'field "hosts"'],
    ['{ "hosts": [] }', 'field "hosts"'],
    ['{ "hosts": [{ "host": "a" }] }', 'field "hosts.0.program"'],
    ['{ "hosts": [{ "host": "a", "program": "x", "arg": [] }] }', 'field "hosts.0": .*"arg"'],
    ['{ "hosts": [{ "host": "a", "program": "x" }], "faults": ["fire"] }', 'field "faults.0"'],
    [
      '{ "hosts": [{ "host": "a", "program": "x", "after": ["b:1"] }] }',
      'a cannot start after b:1',
    ],
    ['{ "hosts": [{ "host": "a b", "program": "x" }] }', '"a b" is not the name of a host'],
    ['{', 'could not be loaded: SyntaxError'],
  ])('is told what is wrong with it: %s', async (text, message) => {
    const loading = loadHostsConfig(write('wrong.json', text));
    await expect(loading).rejects.toThrow(UsageError);
    await expect(loading).rejects.toThrow(new RegExp(message));
  });

  it('is what heddle run takes where it is given no hosts', () => {
    write('listens.mjs', `console.log('told by a file');`);
    write(
      'heddle.config.mjs',
      `export default { hosts: [{ host: 'a', program: './listens.mjs' }] };`,
    );
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [HEDDLE_MAIN, 'run', '--runs', '1', '--workers', '1', ...args], {
        cwd: folder,
        encoding: 'utf8',
      });
    expect(run()).toMatchObject({ status: 0, stdout: expect.stringContaining('a=listens.mjs') });
    rmSync(join(folder, 'heddle.config.mjs'));
    const { status, stderr } = run();
    expect(status).toBe(2);
    expect(stderr).toContain('which programs?');
  }, 120_000);
});
