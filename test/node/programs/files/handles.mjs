import fs from 'node:fs';
import fsp from 'node:fs/promises';

/** FileHandle. */
export const TABLE = {
  'open, write, read, close': async () => {
    const handle = await fsp.open('a', 'w+');
    const { bytesWritten } = await handle.write('hello');
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(3), 0, 3, 1);
    await handle.close();
    return [bytesWritten, bytesRead, buffer.toString(), handle.fd];
  },
  'writeFile, appendFile and readFile of a handle': async () => {
    const handle = await fsp.open('a', 'a+');
    await handle.writeFile('one ');
    await handle.appendFile('two');
    await handle.close();
    const reader = await fsp.open('a');
    const text = await reader.readFile('utf8');
    const rest = await reader.readFile({ encoding: 'utf8' });
    await reader.close();
    return [text, rest];
  },
  'fs.promises takes a handle in the place of a path': async () => {
    const handle = await fsp.open('a', 'w+');
    await fsp.writeFile(handle, 'hello');
    await fsp.appendFile(handle, '!');
    await handle.close();
    return fs.readFileSync('a', 'utf8');
  },
  'stat, truncate, chmod, utimes, sync and datasync': async () => {
    const handle = await fsp.open('a', 'w');
    await handle.writeFile('hello');
    await handle.truncate(2);
    await handle.chmod(0o600);
    await handle.utimes(1, 2);
    await handle.sync();
    await handle.datasync();
    const { size, mode, mtimeMs } = await handle.stat();
    await handle.close();
    return [size, (mode & 0o777).toString(8), mtimeMs];
  },
  'readv and writev of a handle': async () => {
    const handle = await fsp.open('a', 'w+');
    const { bytesWritten } = await handle.writev([Buffer.from('ab'), Buffer.from('c')]);
    const parts = [Buffer.alloc(2), Buffer.alloc(2)];
    const { bytesRead } = await handle.readv(parts, 0);
    await handle.close();
    return [bytesWritten, bytesRead, parts.map((part) => part.toString('hex'))];
  },
  'lines of a handle': async () => {
    fs.writeFileSync('a', 'one\ntwo\nthree');
    const lines = [];
    const handle = await fsp.open('a');
    for await (const line of handle.readLines()) lines.push(line);
    return lines;
  },
  'streams of a handle': async () => {
    const handle = await fsp.open('a', 'w');
    const writer = handle.createWriteStream();
    writer.write('x'.repeat(100_000));
    await new Promise((resolve) => writer.end('end', resolve));
    const reader = await fsp.open('a');
    let length = 0;
    for await (const chunk of reader.createReadStream({ start: 10 })) length += chunk.length;
    return [length, fs.statSync('a').size];
  },
  'a handle closed twice, and used afterwards': async () => {
    const handle = await fsp.open('a', 'w');
    await handle.close();
    const again = await handle.close();
    return [again, await handle.write('x').catch(({ code, syscall }) => [code, syscall])];
  },
  'what a descriptor was opened for': async () => {
    fs.writeFileSync('a', 'x');
    const reader = await fsp.open('a', 'r');
    const writer = await fsp.open('a', 'a');
    const saw = [
      await reader.write('y').catch(({ code, message }) => [code, message]),
      await writer.read(Buffer.alloc(1)).catch(({ code, message }) => [code, message]),
    ];
    await reader.close();
    await writer.close();
    return saw;
  },
  'callbacks come in turns of their own': async () => {
    const order = [];
    fs.writeFileSync('a', 'x');
    await new Promise((resolve) => {
      fs.readFile('a', () => {
        order.push('file');
        process.nextTick(() => order.push('tick'));
        Promise.resolve().then(() => order.push('promise'));
        setImmediate(() => {
          order.push('immediate');
          resolve();
        });
      });
      order.push('asked');
    });
    return order;
  },
};
