import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { promisify } from 'node:util';

const read = (path) => fs.readFileSync(path, 'utf8');
const cb = (name, ...args) => promisify(fs[name])(...args);

/** What is in a file, and how it comes there. */
export const TABLE = {
  'writeFileSync writes what readFileSync reads': () => {
    fs.writeFileSync('a', 'hello');
    return [read('a'), fs.readFileSync('a').toString('hex')];
  },
  'writeFile with a callback': async () => {
    await cb('writeFile', 'a', 'hello');
    return cb('readFile', 'a', 'utf8');
  },
  'promises.writeFile': async () => {
    await fsp.writeFile('a', 'hello');
    return fsp.readFile('a', 'latin1');
  },
  'writeFile gives nothing': async () => [
    fs.writeFileSync('a', ''),
    await cb('writeFile', 'a', ''),
    await fsp.writeFile('a', ''),
  ],
  'writeFile takes buffers, arrays and encodings': async () => {
    fs.writeFileSync('a', Buffer.from('é'));
    fs.writeFileSync('b', '00ff', 'hex');
    fs.writeFileSync('c', new Uint16Array([1, 2]));
    await fsp.writeFile(
      'd',
      (function* parts() {
        yield 'x';
        yield 'y';
      })(),
    );
    return ['a', 'b', 'c', 'd'].map((path) => fs.readFileSync(path).toString('hex'));
  },
  'the flags of writeFile': () => {
    fs.writeFileSync('a', 'one');
    fs.writeFileSync('a', 'two', { flag: 'a' });
    fs.writeFileSync('a', 'X', { flag: 'r+' });
    let code;
    try {
      fs.writeFileSync('a', 'three', { flag: 'wx' });
    } catch (error) {
      code = error.code;
    }
    return [read('a'), code];
  },
  'appendFile in three ways': async () => {
    fs.appendFileSync('a', '1');
    await cb('appendFile', 'a', '2');
    await fsp.appendFile('a', '3');
    return read('a');
  },
  'the flags of readFile': () => {
    const made = fs.readFileSync('new', { flag: 'a+', encoding: 'utf8' });
    return [made, fs.existsSync('new')];
  },
  'an empty file': async () => {
    fs.writeFileSync('a', '');
    return [read('a'), (await fsp.readFile('a')).length, fs.statSync('a').size];
  },
  'a file of a megabyte': async () => {
    const bytes = Buffer.alloc(1_000_003, 'abcdefg');
    fs.writeFileSync('a', bytes);
    const back = [fs.readFileSync('a'), await fsp.readFile('a'), await cb('readFile', 'a')];
    return back.map((one) => one.equals(bytes));
  },
  'readFile of a descriptor goes on from its place': () => {
    fs.writeFileSync('a', 'hello');
    const fd = fs.openSync('a');
    fs.readSync(fd, Buffer.alloc(2));
    const rest = fs.readFileSync(fd, 'utf8');
    fs.closeSync(fd);
    return rest;
  },
  'writeFile to a descriptor writes at its place': () => {
    const fd = fs.openSync('a', 'w');
    fs.writeFileSync(fd, 'he');
    fs.writeFileSync(fd, 'llo');
    fs.closeSync(fd);
    return read('a');
  },
  'read with and without a position': () => {
    fs.writeFileSync('a', 'abcdef');
    const fd = fs.openSync('a');
    const buffer = Buffer.alloc(3, '-');
    const seen = [];
    for (const position of [null, 1, null, 5, 100]) {
      const count = fs.readSync(fd, buffer, 0, 3, position);
      seen.push([count, buffer.toString()]);
    }
    fs.closeSync(fd);
    return seen;
  },
  'read with an object of options, into the middle of a buffer': async () => {
    fs.writeFileSync('a', 'abcdef');
    const fd = fs.openSync('a');
    const buffer = Buffer.alloc(6, '-');
    const { bytesRead } = await cb('read', fd, { buffer, offset: 2, length: 3, position: 1n });
    fs.closeSync(fd);
    return [bytesRead, buffer.toString()];
  },
  'write with and without a position': () => {
    const fd = fs.openSync('a', 'w+');
    const counts = [
      fs.writeSync(fd, 'hello'),
      fs.writeSync(fd, Buffer.from('XY'), 0, 2, 1),
      fs.writeSync(fd, '!'),
      fs.writeSync(fd, 'é', 10, 'latin1'),
    ];
    fs.closeSync(fd);
    return [counts, fs.readFileSync('a').toString('hex')];
  },
  'write with a callback tells what it was given': async () => {
    const fd = fs.openSync('a', 'w');
    const buffer = Buffer.from('abc');
    const saw = await new Promise((resolve) => {
      fs.write(fd, buffer, 1, 2, null, (error, count, same) =>
        resolve([error, count, same === buffer]),
      );
    });
    fs.closeSync(fd);
    return [saw, read('a')];
  },
  'readv and writev': async () => {
    const fd = fs.openSync('a', 'w+');
    const wrote = fs.writevSync(fd, [Buffer.from('ab'), Buffer.from('cde')]);
    const { bytesWritten } = await cb('writev', fd, [Buffer.from('X')], 1);
    const parts = [Buffer.alloc(1), Buffer.alloc(10, '-')];
    const count = fs.readvSync(fd, parts, 0);
    const { bytesRead } = await cb('readv', fd, [Buffer.alloc(2)], 3);
    fs.closeSync(fd);
    return [wrote, bytesWritten, count, bytesRead, parts.map(String)];
  },
  'O_APPEND writes to the end, whatever the position': () => {
    fs.writeFileSync('a', 'abc');
    const fd = fs.openSync('a', 'a+');
    fs.writeSync(fd, 'X', 0);
    const buffer = Buffer.alloc(9);
    const count = fs.readSync(fd, buffer, 0, 9, 0);
    fs.closeSync(fd);
    return [count, read('a')];
  },
  'two descriptors have places of their own': () => {
    fs.writeFileSync('a', 'abcdef');
    const [one, other] = [fs.openSync('a'), fs.openSync('a')];
    const buffer = Buffer.alloc(2);
    fs.readSync(one, buffer);
    fs.readSync(one, buffer);
    fs.readSync(other, buffer);
    fs.closeSync(one);
    fs.closeSync(other);
    return buffer.toString();
  },
  'truncate and ftruncate shorten and lengthen': async () => {
    fs.writeFileSync('a', 'abcdef');
    const seen = [];
    fs.truncateSync('a', 3);
    seen.push(read('a'));
    await fsp.truncate('a', 5);
    seen.push(fs.readFileSync('a').toString('hex'));
    const fd = fs.openSync('a', 'r+');
    fs.ftruncateSync(fd, 1);
    await cb('ftruncate', fd);
    fs.closeSync(fd);
    seen.push(fs.statSync('a').size);
    return seen;
  },
  'a hole reads as zeros': () => {
    const fd = fs.openSync('a', 'w');
    fs.writeSync(fd, 'x', 5);
    fs.closeSync(fd);
    return fs.readFileSync('a').toString('hex');
  },
  'fsync and fdatasync': async () => {
    const fd = fs.openSync('a', 'w');
    const saw = [fs.fsyncSync(fd), fs.fdatasyncSync(fd), await cb('fsync', fd)];
    fs.closeSync(fd);
    return saw;
  },
  'what was unlinked is there for whoever has it open': () => {
    fs.writeFileSync('a', 'hello');
    const fd = fs.openSync('a', 'r+');
    fs.unlinkSync('a');
    fs.writeSync(fd, 'J', 0);
    const saw = [fs.readFileSync(fd, 'utf8'), fs.fstatSync(fd).nlink, fs.existsSync('a')];
    fs.closeSync(fd);
    return saw;
  },
  'copyFile copies contents and mode': async () => {
    fs.writeFileSync('a', 'hello', { mode: 0o640 });
    fs.copyFileSync('a', 'b');
    fs.writeFileSync('c', 'much longer than that');
    await fsp.copyFile('a', 'c');
    await cb('copyFile', 'a', 'd');
    return ['b', 'c', 'd'].map((path) => [read(path), fs.statSync(path).mode.toString(8)]);
  },
  'copyFile with COPYFILE_EXCL': () => {
    fs.writeFileSync('a', 'hello');
    fs.writeFileSync('b', 'x');
    try {
      fs.copyFileSync('a', 'b', fs.constants.COPYFILE_EXCL);
    } catch (error) {
      return [error.code, error.syscall, error.path, error.dest, error.message];
    }
    return 'copied';
  },
  'cp of a folder': async () => {
    fs.mkdirSync('from/in', { recursive: true });
    fs.writeFileSync('from/a', '1');
    fs.writeFileSync('from/in/b', '2');
    await fsp.cp('from', 'to', { recursive: true });
    fs.cpSync('from', 'sync', { recursive: true });
    return [fs.readdirSync('to', { recursive: true }).sort(), read('sync/in/b')];
  },
  'the order of concurrent writes to different files': async () => {
    await Promise.all(['a', 'b', 'c'].map((path) => fsp.writeFile(path, path)));
    return ['a', 'b', 'c'].map(read);
  },
};
