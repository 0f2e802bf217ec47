import fs from 'node:fs';
import fsp from 'node:fs/promises';

const told = (error) => ({
  message: error.message,
  keys: Object.keys(error).sort(),
  name: error.name,
  is: error instanceof Error,
  ...error,
});

async function both(name, ...args) {
  const saw = [];
  try {
    fs[`${name}Sync`](...args);
    saw.push('done');
  } catch (error) {
    saw.push(told(error));
  }
  saw.push(
    await new Promise((resolve) =>
      fs[name](...args, (error) => resolve(error == null ? 'done' : told(error))),
    ),
  );
  if (fsp[name]) {
    saw.push(await fsp[name](...args).then(() => 'done', told));
  }
  return saw;
}

/** How each call fails: code, errno, syscall, path, dest and message, in all of its three ways. */
export const TABLE = {
  'open of nothing': () => both('open', 'none', 'r'),
  'open of what is there, exclusively': () => {
    fs.writeFileSync('a', '');
    return both('open', 'a', 'wx');
  },
  'open for writing of a folder': () => {
    fs.mkdirSync('d');
    return both('open', 'd', 'w');
  },
  'open through a file': () => {
    fs.writeFileSync('a', '');
    return both('open', 'a/b', 'r');
  },
  'open of an absolute path': (folder) => both('open', `${folder}/none`, 'r'),
  'open of an empty path': () => both('open', '', 'r'),
  'readFile of nothing': () => both('readFile', 'none'),
  'readFile of nothing, as text': () => both('readFile', 'none', 'utf8'),
  'readFile of a folder': () => both('readFile', '.'),
  'readFile of a folder, as text': () => both('readFile', '.', 'utf8'),
  'writeFile in no folder': () => both('writeFile', 'no/a', 'x'),
  'appendFile to a folder': () => both('appendFile', '.', 'x'),
  'stat of nothing': () => both('stat', 'none'),
  'lstat of nothing': () => both('lstat', 'none'),
  'access of nothing': () => both('access', 'none'),
  'readdir of nothing': () => both('readdir', 'none'),
  'readdir of a file': () => {
    fs.writeFileSync('a', '');
    return both('readdir', 'a');
  },
  'opendir of nothing': () => both('opendir', 'none'),
  'opendir of a file': () => {
    fs.writeFileSync('a', '');
    return both('opendir', 'a');
  },
  'mkdir of what is there': () => both('mkdir', '.'),
  'mkdir in no folder': () => both('mkdir', 'no/a'),
  'mkdir with recursive through a file': () => {
    fs.writeFileSync('a', '');
    return both('mkdir', 'a/b', { recursive: true });
  },
  'mkdir with recursive of a file': () => {
    fs.writeFileSync('a', '');
    return both('mkdir', 'a', { recursive: true });
  },
  'mkdtemp in no folder': () => both('mkdtemp', 'no/a-'),
  'rmdir of nothing': () => both('rmdir', 'none'),
  'rmdir of what is not empty': () => {
    fs.mkdirSync('a/b', { recursive: true });
    return both('rmdir', 'a');
  },
  'rm of nothing': () => both('rm', 'none'),
  'rm of a folder without recursive': () => {
    fs.mkdirSync('a');
    return both('rm', 'a');
  },
  'unlink of nothing': () => both('unlink', 'none'),
  'rename of nothing': () => both('rename', 'none', 'other'),
  'rename of a file over a folder': () => {
    fs.writeFileSync('a', '');
    fs.mkdirSync('d');
    return both('rename', 'a', 'd');
  },
  'rename of a folder into itself': () => {
    fs.mkdirSync('d');
    return both('rename', 'd', 'd/e');
  },
  'link of nothing': () => both('link', 'none', 'b'),
  'link to what is there': () => {
    fs.writeFileSync('a', '');
    return both('link', 'a', 'a');
  },
  'symlink to what is there': () => {
    fs.writeFileSync('a', '');
    return both('symlink', 'x', 'a');
  },
  'readlink of a file': () => {
    fs.writeFileSync('a', '');
    return both('readlink', 'a');
  },
  'realpath of nothing': () => both('realpath', 'none/x'),
  'copyFile of nothing': () => both('copyFile', 'none', 'b'),
  'copyFile of a folder': () => {
    fs.mkdirSync('d');
    return both('copyFile', 'd', 'b');
  },
  'truncate of nothing': () => both('truncate', 'none', 1),
  'chmod of nothing': () => both('chmod', 'none', 0o600),
  'utimes of nothing': () => both('utimes', 'none', 1, 2),
  'calls on a descriptor that is not open': async () => {
    const fd = 900;
    const saw = {};
    for (const [name, ...args] of [
      ['close', fd],
      ['fstat', fd],
      ['fsync', fd],
      ['fdatasync', fd],
      ['ftruncate', fd, 1],
      ['futimes', fd, 1, 2],
      ['fchmod', fd, 0o600],
      ['read', fd, Buffer.alloc(1), 0, 1, null],
      ['write', fd, 'x'],
    ]) {
      saw[name] = await both(name, ...args);
    }
    return saw;
  },
  'throwIfNoEntry: false': () => [
    fs.statSync('none', { throwIfNoEntry: false }),
    fs.lstatSync('none/x', { throwIfNoEntry: false }),
  ],
  'arguments that Node refuses itself': () => {
    const saw = [];
    for (const call of [
      () => fs.readFileSync(1.5),
      () => fs.openSync({}),
      () => fs.mkdirSync('a\0b'),
      () => fs.readSync('x', Buffer.alloc(1)),
      () => fs.rmSync('.', { recursive: 'yes' }),
    ]) {
      try {
        call();
        saw.push('done');
      } catch (error) {
        saw.push([error.code, error.message]);
      }
    }
    return saw;
  },
};
