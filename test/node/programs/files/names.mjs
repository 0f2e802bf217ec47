import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const cb = (name, ...args) => promisify(fs[name])(...args);
const list = (path = '.') => fs.readdirSync(path);

const kindOf = (stats) =>
  ['isFile', 'isDirectory', 'isSymbolicLink', 'isFIFO', 'isSocket', 'isCharacterDevice'].filter(
    (is) => stats[is](),
  );

/** Names, and what they stand for. */
export const TABLE = {
  'mkdir makes one folder': async () => {
    const saw = [fs.mkdirSync('a'), await fsp.mkdir('b'), await cb('mkdir', 'c')];
    return [saw, list()];
  },
  'mkdir with recursive tells the first that was made': async (folder) => [
    fs.mkdirSync('a/b/c', { recursive: true }),
    fs.mkdirSync('a/b/c', { recursive: true }),
    fs.mkdirSync('a/b/d/e', { recursive: true }),
    await fsp.mkdir(join(folder, 'x/y/'), { recursive: true }),
    await cb('mkdir', `${folder}/x/../z//q`, { recursive: true }),
    list(),
  ],
  'mkdtemp makes a folder of a new name': async (folder) => {
    const made = [
      fs.mkdtempSync('t-'),
      await fsp.mkdtemp(join(folder, 'u-')),
      await cb('mkdtemp', 'v-'),
    ];
    return made.map((path) => [path.slice(0, -6), fs.statSync(path).isDirectory()]);
  },
  'names of mkdtemp differ': () => new Set([1, 2, 3].map(() => fs.mkdtempSync('t-'))).size,
  'readdir is in order, and tells kinds': async () => {
    fs.mkdirSync('d');
    fs.writeFileSync('b', '');
    fs.writeFileSync('a', '');
    fs.symlinkSync('a', 'l');
    const entries = await fsp.readdir('.', { withFileTypes: true });
    return [list(), entries.map((entry) => [entry.name, kindOf(entry), entry.parentPath])];
  },
  'readdir with recursive': async () => {
    fs.mkdirSync('d/e', { recursive: true });
    fs.writeFileSync('d/e/f', '');
    fs.writeFileSync('d/g', '');
    const typed = fs.readdirSync('.', { recursive: true, withFileTypes: true });
    return [
      fs.readdirSync('.', { recursive: true }).sort(),
      (await fsp.readdir('.', { recursive: true })).sort(),
      (await cb('readdir', 'd', { recursive: true })).sort(),
      typed.map((entry) => join(entry.parentPath, entry.name)).sort(),
    ];
  },
  'readdir with the names as buffers': () => {
    fs.writeFileSync('é', '');
    return fs.readdirSync('.', 'buffer').map((name) => name.toString('hex'));
  },
  'opendir, read one by one, to the end': async () => {
    for (const name of ['a', 'b', 'c']) fs.writeFileSync(name, '');
    const dir = fs.opendirSync('.');
    const seen = [];
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) seen.push(entry.name);
    dir.closeSync();
    for await (const entry of await fsp.opendir('.', { bufferSize: 1 })) seen.push(entry.name);
    const other = await cb('opendir', '.');
    seen.push((await other.read()).isFile());
    await other.close();
    return seen.sort();
  },
  'a Dir that is closed twice': async () => {
    const dir = await fsp.opendir('.');
    await dir.close();
    return dir.close().catch(({ code }) => code);
  },
  'rename replaces a file': async () => {
    fs.writeFileSync('a', '1');
    fs.writeFileSync('b', '2');
    fs.renameSync('a', 'b');
    await fsp.rename('b', 'c');
    await cb('rename', 'c', 'd');
    return [list(), fs.readFileSync('d', 'utf8')];
  },
  'rename moves a folder with what is in it': () => {
    fs.mkdirSync('a/b', { recursive: true });
    fs.writeFileSync('a/b/f', 'x');
    fs.mkdirSync('c');
    fs.renameSync('a', 'c/a');
    return [list(), fs.readFileSync('c/a/b/f', 'utf8')];
  },
  'unlink and rmdir': async () => {
    for (const name of ['a', 'b', 'c']) fs.writeFileSync(name, '');
    fs.mkdirSync('d');
    fs.unlinkSync('a');
    await fsp.unlink('b');
    await cb('unlink', 'c');
    await fsp.rmdir('d');
    return list();
  },
  'rm of a folder with what is in it': async () => {
    for (const name of ['a', 'b', 'c']) {
      fs.mkdirSync(`${name}/x/y`, { recursive: true });
      fs.writeFileSync(`${name}/x/f`, '');
      fs.symlinkSync('/etc', `${name}/x/link`);
    }
    fs.rmSync('a', { recursive: true });
    await fsp.rm('b', { recursive: true });
    await cb('rm', 'c', { recursive: true, force: true });
    return [list(), fs.rmSync('none', { force: true }), await fsp.rm('none', { force: true })];
  },
  'link gives a file another name': async () => {
    fs.writeFileSync('a', 'x');
    fs.linkSync('a', 'b');
    await fsp.link('a', 'c');
    fs.writeFileSync('c', 'changed');
    const [a, b] = [fs.statSync('a'), fs.statSync('b')];
    return [a.ino === b.ino, a.nlink, fs.readFileSync('b', 'utf8')];
  },
  'symlink, readlink and realpath': async (folder) => {
    fs.mkdirSync('d');
    fs.writeFileSync('d/f', 'x');
    fs.symlinkSync('d', 'l');
    await fsp.symlink(join(folder, 'd/f'), 'm');
    await cb('symlink', 'l/f', 'n');
    return [
      fs.readlinkSync('l'),
      await fsp.readlink('m'),
      await cb('readlink', 'n'),
      fs.readFileSync('n', 'utf8'),
      fs.realpathSync('n'),
      fs.realpathSync.native('l/f'),
      await fsp.realpath('m'),
      await cb('realpath', 'l/../d'),
      fs.readdirSync('l'),
    ];
  },
  'a link that leads nowhere': () => {
    fs.symlinkSync('none', 'l');
    const saw = [fs.existsSync('l'), fs.lstatSync('l').isSymbolicLink(), fs.readlinkSync('l')];
    fs.writeFileSync('l', 'through');
    return [saw, list(), fs.readFileSync('none', 'utf8')];
  },
  'links in a circle': () => {
    fs.symlinkSync('b', 'a');
    fs.symlinkSync('a', 'b');
    try {
      fs.readFileSync('a');
    } catch (error) {
      return [error.code, error.message];
    }
    return 'read';
  },
  '.. after a link is where the link leads': () => {
    fs.mkdirSync('x/y', { recursive: true });
    fs.writeFileSync('x/f', 'right');
    fs.symlinkSync('x/y', 'l');
    return fs.readFileSync('l/../f', 'utf8');
  },
  'rename of a link moves the link': () => {
    fs.writeFileSync('a', '');
    fs.symlinkSync('a', 'l');
    fs.renameSync('l', 'm');
    return [list(), fs.readlinkSync('m')];
  },
  'stat tells kind, size and links': async () => {
    fs.writeFileSync('f', 'hello');
    fs.mkdirSync('d/e', { recursive: true });
    fs.symlinkSync('f', 'l');
    const all = [fs.statSync('f'), await fsp.stat('l'), fs.lstatSync('l'), await cb('stat', 'd')];
    return all.map((stats) => [kindOf(stats), stats.isDirectory() ? 0 : stats.size, stats.nlink]);
  },
  'stat with big numbers': async () => {
    fs.writeFileSync('f', 'hello');
    const stats = await fsp.stat('f', { bigint: true });
    return [
      typeof stats.ino,
      String(stats.size),
      typeof stats.mtimeNs,
      fs.lstatSync('f', { bigint: true }).isFile(),
    ];
  },
  'the modes of what is made': () => {
    fs.writeFileSync('a', '', { mode: 0o600 });
    fs.mkdirSync('b', 0o700);
    fs.writeFileSync('c', '');
    fs.mkdirSync('d');
    return ['a', 'b', 'c', 'd'].map((path) => fs.statSync(path).mode.toString(8));
  },
  'chmod in its ways': async () => {
    fs.writeFileSync('a', '');
    const modes = [];
    const note = () => modes.push((fs.statSync('a').mode & 0o7777).toString(8));
    fs.chmodSync('a', 0o600);
    note();
    await fsp.chmod('a', '755');
    note();
    const fd = fs.openSync('a');
    fs.fchmodSync(fd, 0o4711);
    fs.closeSync(fd);
    note();
    return modes;
  },
  'chown to oneself': async () => {
    fs.writeFileSync('a', '');
    const { uid, gid } = fs.statSync('a');
    fs.chownSync('a', uid, gid);
    await fsp.lchown('a', uid, gid);
    return [uid === process.getuid(), gid === process.getgid()];
  },
  'utimes in its ways': async () => {
    fs.writeFileSync('a', '');
    fs.symlinkSync('a', 'l');
    const seen = [];
    fs.utimesSync('a', 1, 2.5);
    seen.push(fs.statSync('a').mtimeMs, fs.statSync('a').atimeMs);
    await fsp.utimes('l', new Date(3_000), new Date('2020-01-02T03:04:05.678Z'));
    seen.push(fs.statSync('a').mtime.toISOString());
    await fsp.lutimes('l', 7, 8);
    seen.push(fs.lstatSync('l').mtimeMs, fs.statSync('a').atimeMs);
    const fd = fs.openSync('a', 'r+');
    fs.futimesSync(fd, 10, 11);
    seen.push(fs.fstatSync(fd).mtimeMs);
    fs.closeSync(fd);
    return seen;
  },
  'writing makes a file younger than it was': () => {
    fs.writeFileSync('a', '');
    fs.utimesSync('a', 1, 1);
    fs.writeFileSync('a', 'x');
    return [fs.statSync('a').mtimeMs > 1_000, fs.statSync('a').atimeMs];
  },
  'access and exists': async () => {
    fs.writeFileSync('a', '', { mode: 0o644 });
    const none = await fsp.access('none').catch(({ code }) => code);
    return [
      fs.accessSync('a'),
      await fsp.access('a', fs.constants.R_OK | fs.constants.W_OK),
      await cb('access', 'a', fs.constants.X_OK).catch(({ code }) => code),
      none,
      fs.existsSync('a'),
      fs.existsSync('none'),
      fs.existsSync(''),
      await new Promise((resolve) => fs.exists('a', resolve)),
    ];
  },
  'paths may be URLs and buffers': async (folder) => {
    fs.writeFileSync(pathToFileURL(join(folder, 'a b')), 'url');
    fs.writeFileSync(Buffer.from('c'), 'buffer');
    return [
      await fsp.readFile(pathToFileURL(join(folder, 'a b')), 'utf8'),
      fs.readFileSync('c', 'utf8'),
    ];
  },
  'a folder that was left': async (folder) => {
    fs.mkdirSync('d');
    process.chdir('d');
    fs.writeFileSync('f', 'x');
    fs.writeFileSync('../g', 'y');
    process.chdir(folder);
    return [list(), list('d'), process.cwd() === folder];
  },
  'names that are long, and those that are too long': () => {
    const long = 'n'.repeat(255);
    fs.writeFileSync(long, '');
    try {
      fs.writeFileSync(`${long}n`, '');
    } catch (error) {
      return [list()[0].length, error.code];
    }
    return 'written';
  },
  'glob-like walks find what is there': async () => {
    fs.mkdirSync('a/b', { recursive: true });
    fs.writeFileSync('a/b/c.txt', '');
    const seen = [];
    const walk = async (path) => {
      for await (const entry of await fsp.opendir(path)) {
        const inner = join(path, entry.name);
        seen.push(inner);
        if (entry.isDirectory()) await walk(inner);
      }
    };
    await walk('.');
    return seen.sort();
  },
};
