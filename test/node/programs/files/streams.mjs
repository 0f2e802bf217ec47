import { once } from 'node:events';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

/** createReadStream and createWriteStream. */
export const TABLE = {
  'a stream is written and read': async () => {
    const writer = fs.createWriteStream('a');
    for (let i = 0; i < 100; i++) writer.write(`line ${i}\n`.repeat(100));
    writer.end();
    await once(writer, 'close');
    const sizes = [];
    for await (const chunk of fs.createReadStream('a')) sizes.push(chunk.length);
    return [writer.bytesWritten, sizes];
  },
  'start, end and highWaterMark': async () => {
    fs.writeFileSync('a', '0123456789');
    const parts = [];
    const options = { start: 2, end: 7, highWaterMark: 4, encoding: 'utf8' };
    for await (const part of fs.createReadStream('a', options)) parts.push(part);
    return parts;
  },
  'a stream that appends, and one from a place on': async () => {
    fs.writeFileSync('a', 'abcdef');
    await once(fs.createWriteStream('a', { flags: 'a' }).end('!'), 'close');
    await once(fs.createWriteStream('a', { flags: 'r+', start: 1 }).end('XY'), 'close');
    return fs.readFileSync('a', 'utf8');
  },
  'events of a stream come in order': async () => {
    const events = [];
    const writer = fs.createWriteStream('a');
    for (const name of ['open', 'ready', 'finish', 'close']) {
      writer.on(name, () => events.push(name));
    }
    writer.end('x');
    await once(writer, 'close');
    return events;
  },
  'a stream of nothing': async () => {
    const [error] = await once(fs.createReadStream('none'), 'error');
    return [error.code, error.syscall, error.path];
  },
  'a stream that flushes': async () => {
    const writer = fs.createWriteStream('a', { flush: true });
    writer.end('hello');
    await once(writer, 'close');
    return fs.readFileSync('a', 'utf8');
  },
  'pipes through compression': async () => {
    fs.writeFileSync('a', 'hello '.repeat(10_000));
    await pipeline(fs.createReadStream('a'), createGzip(), fs.createWriteStream('b'));
    await pipeline(fs.createReadStream('b'), createGunzip(), fs.createWriteStream('c'));
    return fs.readFileSync('c').equals(fs.readFileSync('a'));
  },
  'lines of a stream': async () => {
    fs.writeFileSync('a', 'one\ntwo\n');
    const lines = [];
    for await (const line of createInterface({ input: fs.createReadStream('a') })) lines.push(line);
    return lines;
  },
  'a stream that is destroyed closes its descriptor': async () => {
    fs.writeFileSync('a', 'x'.repeat(1_000_000));
    const reader = fs.createReadStream('a');
    await once(reader, 'data');
    reader.destroy();
    await once(reader, 'close');
    return reader.fd;
  },
};
