// Callbacks of node:fs: what they are given where it works, and which error where it does not.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heddle-fs-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name) => path.join(folder, name);
fs.writeFileSync(at('text'), 'some text');
fs.mkdirSync(at('inner'));

/** What a callback is given, without what differs from machine to machine. */
const shape = (value) => {
  if (Buffer.isBuffer(value)) return `buffer ${value.toString('latin1')}`;
  if (value instanceof fs.Stats) return `stats ${value.size} ${value.isDirectory()}`;
  if (value instanceof Error) return [value.code, value.syscall, value.errno < 0];
  if (typeof value === 'string') return value.replace(folder, '').replace(/-\w{6}$/, '-XXXXXX');
  if (Array.isArray(value)) return value.map(shape);
  return typeof value === 'number' ? 'number' : value === undefined ? 'undefined' : value;
};
const given = (call) => new Promise((resolve) => call((...args) => resolve(args.map(shape))));
const withFd = (flags, use) =>
  given((done) => {
    const fd = fs.openSync(at('text'), flags);
    use(fd, (...args) => {
      fs.closeSync(fd);
      done(...args);
    });
  });

const ON = {
  stat: [],
  lstat: [],
  access: [],
  readFile: ['latin1'],
  readdir: [],
  realpath: [],
  readlink: [],
  chmod: [0o600],
  utimes: [1, 2],
  truncate: [9],
  unlink: [],
  rmdir: [],
  rm: [],
};

export const TABLE = {};
for (const [name, more] of Object.entries(ON)) {
  for (const target of ['text', 'inner', 'missing']) {
    if (target === 'text' && /^(unlink|rm)$/.test(name)) continue;
    if (target === 'inner' && /^(rmdir|truncate|chmod)$/.test(name)) continue;
    TABLE[`fs.${name} of ${target}`] = () => given((done) => fs[name](at(target), ...more, done));
    if (typeof fs.promises[name] !== 'function') continue;
    TABLE[`fs.promises.${name} of ${target}`] = () =>
      fs.promises[name](at(target), ...more).then((value) => shape(value), shape);
  }
}
Object.assign(TABLE, {
  'fs.open and close': () =>
    given((done) =>
      fs.open(at('text'), 'r', (error, fd) => fs.close(fd, (closing) => done(error, closing))),
    ),
  'fs.open of nothing': () => given((done) => fs.open(at('missing'), 'r', done)),
  'fs.read': () => withFd('r', (fd, done) => fs.read(fd, Buffer.alloc(4), 0, 4, 5, done)),
  'fs.read at the end': () =>
    withFd('r', (fd, done) => fs.read(fd, Buffer.alloc(1), 0, 1, 99, done)),
  'fs.readv': () =>
    withFd('r', (fd, done) => fs.readv(fd, [Buffer.alloc(2), Buffer.alloc(3)], 0, done)),
  'fs.write': () => withFd('r+', (fd, done) => fs.write(fd, Buffer.from('so'), 0, 2, 0, done)),
  'fs.write of text': () => withFd('r+', (fd, done) => fs.write(fd, 'so', 0, done)),
  'fs.writev': () =>
    withFd('r+', (fd, done) => fs.writev(fd, [Buffer.from('s'), Buffer.from('o')], 0, done)),
  'fs.fstat': () => withFd('r', (fd, done) => fs.fstat(fd, done)),
  'fs.write to what is open for reading': () => withFd('r', (fd, done) => fs.write(fd, 'x', done)),
  'fs.mkdir of what is there': () => given((done) => fs.mkdir(at('inner'), done)),
  'fs.mkdir, recursive': () => given((done) => fs.mkdir(at('a/b'), { recursive: true }, done)),
  'fs.rename': () => given((done) => fs.rename(at('a/b'), at('a/c'), done)),
  'fs.copyFile': () => given((done) => fs.copyFile(at('text'), at('a/copy'), done)),
  'fs.symlink': () => given((done) => fs.symlink(at('text'), at('a/link'), done)),
  'fs.mkdtemp': () => given((done) => fs.mkdtemp(at('made-'), done)),
  'fs.exists': () => given((done) => fs.exists(at('text'), done)),
  'a read stream of a part': () =>
    given((done) => {
      let text = '';
      fs.createReadStream(at('text'), { start: 2, end: 5 })
        .on('data', (chunk) => {
          text += chunk;
        })
        .on('close', () => done(text));
    }),
  'a read stream of nothing': () =>
    given((done) => fs.createReadStream(at('missing')).on('error', done)),
  'a write stream': () =>
    given((done) =>
      fs
        .createWriteStream(at('written'))
        .end('x', () => done(fs.readFileSync(at('written'), 'latin1'))),
    ),
  'a write stream finishes, then closes': () =>
    given((done) => {
      const seen = [];
      const stream = fs.createWriteStream(at('written'));
      for (const name of ['open', 'ready', 'finish', 'close'])
        stream.on(name, () => seen.push(name));
      stream.on('close', () => done(seen)).end('x');
    }),
  'a callback that is missing': async () => {
    try {
      fs.stat(at('text'));
    } catch (error) {
      return error.code;
    }
  },
});
