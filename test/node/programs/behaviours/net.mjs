// What lib/net.js promises.
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';

const listen = async (server, ...where) => {
  server.listen(...where);
  await once(server, 'listening');
  return server.address();
};

/** A server and a client that are connected, and what ends them. */
async function pair(options = {}) {
  const server = net.createServer(options.server ?? {});
  const { port } = await listen(server, 0, '127.0.0.1');
  const client = net.connect({ port, host: '127.0.0.1', ...options.client });
  const [accepted] = await once(server, 'connection');
  if (client.connecting) await once(client, 'connect');
  return { server, client, accepted, port };
}

async function read(socket) {
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket) text += chunk;
  return text;
}

const events = (socket, names) => {
  const seen = [];
  for (const name of names) socket.on(name, () => seen.push(name));
  return seen;
};

const brief = ({ code, syscall, address, port }) => ({
  code,
  syscall,
  ...(address === undefined ? {} : { address }),
  ...(port === undefined ? {} : { port: typeof port }),
});

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const TABLE = {
  'what is written arrives, and end ends it': async () => {
    const { server, client, accepted } = await pair();
    client.write('one ');
    client.end('two');
    const text = await read(accepted);
    accepted.end();
    server.close();
    await once(server, 'close');
    return text;
  },
  'allowHalfOpen: the other side may go on writing after end': async () => {
    const { server, client, accepted } = await pair({ server: { allowHalfOpen: true } });
    client.end('question');
    let question = '';
    accepted.on('data', (chunk) => {
      question += chunk;
    });
    await once(accepted, 'end');
    accepted.end('answer');
    const answer = await read(client);
    server.close();
    return [question, answer];
  },
  'without allowHalfOpen the end is answered with an end': async () => {
    const { server, client, accepted } = await pair();
    accepted.resume();
    client.end();
    client.resume();
    await Promise.all([once(client, 'close'), once(accepted, 'close')]);
    server.close();
    return [client.destroyed, accepted.writableEnded];
  },
  'end, finish and close come in this order': async () => {
    const { server, client, accepted } = await pair();
    const seen = events(client, ['end', 'finish', 'close']);
    accepted.resume();
    accepted.on('end', () => accepted.end());
    client.resume();
    client.end('x');
    await once(client, 'close');
    server.close();
    return seen;
  },
  'pause holds data back, resume lets it come': async () => {
    const { server, client, accepted } = await pair();
    let seen = 0;
    accepted.on('data', (chunk) => {
      seen += chunk.length;
    });
    accepted.pause();
    client.write('x'.repeat(100));
    await sleep(30);
    const paused = seen;
    accepted.resume();
    client.end();
    await once(accepted, 'end');
    client.destroy();
    accepted.destroy();
    server.close();
    return [paused, seen];
  },
  'write says false above the highWaterMark, and drain follows': async () => {
    const { server, client, accepted } = await pair({ client: { highWaterMark: 1024 } });
    accepted.pause();
    const size = 8 * 1024 * 1024;
    const went = client.write(Buffer.alloc(size));
    const queued = client.writableLength > 0;
    let received = 0;
    accepted.on('data', (chunk) => {
      received += chunk.length;
    });
    accepted.resume();
    await once(client, 'drain');
    client.end();
    await once(accepted, 'end');
    server.close();
    return [went, queued, received === size, client.bytesWritten === size];
  },
  'destroySoon ends after what was written': async () => {
    const { server, client, accepted } = await pair();
    client.write('last words');
    client.destroySoon();
    const text = await read(accepted);
    server.close();
    return text;
  },
  'destroy closes without an end event of its own': async () => {
    const { server, client, accepted } = await pair();
    const seen = events(client, ['end', 'error', 'close']);
    accepted.resume();
    client.destroy();
    await once(client, 'close');
    await once(accepted, 'close');
    server.close();
    return seen;
  },
  'destroy with an error tells it, then closes': async () => {
    const { server, client, accepted } = await pair();
    const seen = [];
    accepted.on('error', () => {});
    client.on('error', (error) => seen.push(error.message));
    client.on('close', (hadError) => seen.push(hadError));
    client.destroy(new Error('enough'));
    await once(client, 'close').catch(() => {});
    await sleep(5);
    accepted.destroy();
    server.close();
    return seen;
  },
  'setTimeout tells of silence, once': async () => {
    const { server, client, accepted } = await pair();
    accepted.resume();
    let times = 0;
    client.setTimeout(20, () => times++);
    await once(client, 'timeout');
    await sleep(5);
    client.destroy();
    accepted.destroy();
    server.close();
    return times;
  },
  'bytesRead and bytesWritten count': async () => {
    const { server, client, accepted } = await pair();
    client.write('12345');
    await once(accepted, 'data');
    accepted.end('123');
    const text = await read(client);
    server.close();
    return [client.bytesWritten, accepted.bytesRead, accepted.bytesWritten, text.length];
  },
  'both ends know their ports': async () => {
    const { server, client, accepted, port } = await pair();
    const same = [
      client.remotePort === port,
      client.localPort === accepted.remotePort,
      accepted.localPort === port,
      client.remoteAddress,
      client.remoteFamily,
      accepted.remoteAddress,
      accepted.localAddress,
      client.readyState,
    ];
    client.destroy();
    accepted.destroy();
    server.close();
    return same;
  },
  'listen(0) takes a free port, and address tells it': async () => {
    const server = net.createServer();
    const { port, family, address } = await listen(server, 0);
    server.close();
    await once(server, 'close');
    return [port > 0, family, address, server.listening];
  },
  EADDRINUSE: async () => {
    const first = net.createServer();
    const { port } = await listen(first, 0, '127.0.0.1');
    const second = net.createServer();
    second.listen(port, '127.0.0.1');
    const [error] = await once(second, 'error');
    first.close();
    return brief(error);
  },
  'listen twice throws': async () => {
    const server = net.createServer();
    await listen(server, 0, '127.0.0.1');
    try {
      server.listen(0);
      return 'nothing';
    } catch (error) {
      return error.code;
    } finally {
      server.close();
    }
  },
  ECONNREFUSED: async () => {
    const server = net.createServer();
    const { port } = await listen(server, 0, '127.0.0.1');
    server.close();
    await once(server, 'close');
    const client = net.connect(port, '127.0.0.1');
    const [error] = await once(client, 'error');
    return brief(error);
  },
  'ENOENT for a path where nobody listens': async () => {
    const client = net.connect(path.join(os.tmpdir(), 'heddle-nobody.sock'));
    const [error] = await once(client, 'error');
    return { code: error.code, syscall: error.syscall };
  },
  'resetAndDestroy is an ECONNRESET for the other': async () => {
    const { server, client, accepted } = await pair();
    accepted.resume();
    client.resetAndDestroy();
    const [error] = await once(accepted, 'error');
    server.close();
    return brief(error);
  },
  'closing with unread data resets': async () => {
    const server = net.createServer({ pauseOnConnect: true });
    const { port } = await listen(server, 0, '127.0.0.1');
    const client = net.connect(port, '127.0.0.1');
    client.resume();
    const [accepted] = await once(server, 'connection');
    client.write('never read');
    await sleep(10);
    accepted.destroy();
    const [error] = await once(client, 'error');
    server.close();
    return brief(error);
  },
  'a write after end is refused here': async () => {
    const { server, client, accepted } = await pair();
    accepted.resume();
    client.end();
    client.write('late');
    const [error] = await once(client, 'error');
    accepted.destroy();
    server.close();
    return error.code;
  },
  'a write into a connection that is gone fails': async () => {
    const { server, client, accepted } = await pair({ client: { allowHalfOpen: true } });
    accepted.on('error', () => {});
    accepted.destroy();
    await once(accepted, 'close');
    client.on('end', () => {});
    let code;
    client.on('error', (error) => {
      code = ['EPIPE', 'ECONNRESET'].includes(error.code) ? 'EPIPE or ECONNRESET' : error.code;
    });
    for (let i = 0; i < 20 && code === undefined && !client.destroyed; i++) {
      client.write('into the void');
      await sleep(2);
    }
    server.close();
    return code ?? client.destroyed;
  },
  'server.close waits for open connections': async () => {
    const { server, client, accepted } = await pair();
    let closed = false;
    server.close(() => {
      closed = true;
    });
    await sleep(10);
    const before = closed;
    client.destroy();
    accepted.destroy();
    await once(server, 'close');
    return [before, closed];
  },
  'getConnections counts': async () => {
    const { server, client, accepted } = await pair();
    const count = await new Promise((resolve) => server.getConnections((_, n) => resolve(n)));
    client.destroy();
    accepted.destroy();
    server.close();
    return count;
  },
  'maxConnections drops the next one': async () => {
    const server = net.createServer();
    server.maxConnections = 1;
    const { port } = await listen(server, 0, '127.0.0.1');
    const first = net.connect(port, '127.0.0.1');
    await once(server, 'connection');
    const second = net.connect(port, '127.0.0.1');
    second.resume();
    second.on('error', () => {});
    const [dropped] = await once(server, 'drop');
    await once(second, 'close');
    first.destroy();
    server.close();
    return typeof dropped.remotePort;
  },
  'an AbortSignal closes a server': async () => {
    const controller = new AbortController();
    const server = net.createServer();
    server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
    await once(server, 'listening');
    controller.abort();
    await once(server, 'close');
    return server.listening;
  },
  'an AbortSignal destroys a socket': async () => {
    const server = net.createServer((socket) => socket.on('error', () => {}));
    const { port } = await listen(server, 0, '127.0.0.1');
    const controller = new AbortController();
    const client = net.connect({ port, host: '127.0.0.1', signal: controller.signal });
    await once(client, 'connect');
    controller.abort();
    const [error] = await once(client, 'error');
    server.close();
    return [error.name, error.code];
  },
  'a listener on all addresses shows IPv4 clients as IPv6': async () => {
    const server = net.createServer();
    const { port } = await listen(server, 0);
    const client = net.connect(port, '127.0.0.1');
    const [accepted] = await once(server, 'connection');
    const seen = [accepted.remoteAddress, accepted.remoteFamily];
    client.destroy();
    accepted.destroy();
    server.close();
    return seen;
  },
  'IPv6 loopback': async () => {
    const server = net.createServer();
    const { port, address, family } = await listen(server, 0, '::1');
    const client = net.connect(port, '::1');
    const [accepted] = await once(server, 'connection');
    if (client.connecting) await once(client, 'connect');
    const seen = [
      address,
      family,
      accepted.remoteAddress,
      client.remoteAddress,
      client.localFamily,
    ];
    client.destroy();
    accepted.destroy();
    server.close();
    return seen;
  },
  'localhost is looked up': async () => {
    const server = net.createServer();
    const { port } = await listen(server, 0, '127.0.0.1');
    const client = net.connect(port, 'localhost');
    let looked;
    client.on('lookup', (error, _address, _family, host) => {
      looked ??= [error, host];
    });
    const [accepted] = await once(server, 'connection');
    client.destroy();
    accepted.destroy();
    server.close();
    return looked;
  },
  ENOTFOUND: async () => {
    const client = net.connect(80, 'no-such-host.invalid');
    const [error] = await once(client, 'error');
    return { code: error.code === 'EAI_AGAIN' ? 'ENOTFOUND' : error.code, syscall: error.syscall };
  },
  'Unix paths': async () => {
    const file = path.join(os.tmpdir(), `heddle-${process.pid}.sock`);
    const server = net.createServer((socket) => socket.end('by path'));
    const address = await listen(server, file);
    const client = net.connect(file);
    const text = await read(client);
    server.close();
    await once(server, 'close');
    return [address === file, text, fs.existsSync(file)];
  },
  'a bound Unix path is a file': async () => {
    const file = path.join(os.tmpdir(), `heddle-file-${process.pid}.sock`);
    const code = (ask) => {
      try {
        return ask();
      } catch ({ code, syscall, message }) {
        return [code, syscall, message.replace(file, 'FILE')];
      }
    };
    const before = [fs.existsSync(file), code(() => fs.statSync(file))];
    const server = net.createServer((socket) => socket.end('x'));
    await listen(server, file);
    const stats = fs.statSync(file);
    const second = net.createServer();
    const [taken] = await Promise.all([once(second, 'error'), second.listen(file)]);
    const there = [
      fs.existsSync(file),
      stats.isSocket(),
      stats.isFile(),
      stats.mode & 0o777,
      stats.size,
      fs.lstatSync(file, { bigint: true }).nlink === 1n,
      fs.statSync(file, { throwIfNoEntry: false }).isSocket(),
      (await fs.promises.stat(file)).isSocket(),
      await new Promise((done) => fs.access(file, done)),
      code(() => fs.accessSync(file)),
      code(() => fs.chmodSync(file, 0o600)),
      code(() => fs.openSync(file)),
      code(() => fs.readFileSync(file)),
      taken[0].code,
    ];
    fs.unlinkSync(file);
    const gone = [
      fs.existsSync(file),
      code(() => fs.unlinkSync(file)),
      code(() => fs.rmSync(file)),
    ];
    const client = net.connect(file);
    const [refused] = await once(client, 'error');
    server.close();
    await once(server, 'close');
    return [before, there, gone, refused.code];
  },
  'writes of all kinds of encodings': async () => {
    const { server, client, accepted } = await pair();
    client.write('é', 'utf8');
    client.write('é', 'latin1');
    client.write('é', 'utf16le');
    client.write('e9', 'hex');
    client.end(new Uint8Array([1, 2]));
    const chunks = [];
    for await (const chunk of accepted) chunks.push(chunk);
    server.close();
    return Buffer.concat(chunks).toString('hex');
  },
  'cork joins writes': async () => {
    const { server, client, accepted } = await pair();
    client.cork();
    client.write('a');
    client.write('b');
    client.uncork();
    const [chunk] = await once(accepted, 'data');
    client.destroy();
    accepted.destroy();
    server.close();
    return String(chunk);
  },
  'the callback of write comes before drain and finish': async () => {
    const { server, client, accepted } = await pair();
    accepted.resume();
    const seen = [];
    client.write('x', () => seen.push('written'));
    client.on('finish', () => seen.push('finish'));
    client.end();
    client.resume();
    await finished(client);
    server.close();
    return seen;
  },
  'unref lets the program end': async () => {
    const server = net.createServer();
    await listen(server, 0, '127.0.0.1');
    server.unref();
    return server.listening;
  },
  'setNoDelay and setKeepAlive give the socket back': async () => {
    const { server, client, accepted } = await pair();
    const same = [client.setNoDelay() === client, client.setKeepAlive(true, 1000) === client];
    client.destroy();
    accepted.destroy();
    server.close();
    return same;
  },
  'onread reads into one buffer': async () => {
    const server = net.createServer((socket) => socket.end('0123456789'));
    const { port } = await listen(server, 0, '127.0.0.1');
    let text = '';
    const client = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(4),
        callback: (size, buffer) => {
          text += buffer.toString('latin1', 0, size);
          return true;
        },
      },
    });
    await once(client, 'close');
    server.close();
    return text;
  },
  'connecting to a host by name of nobody, twice, is independent': async () => {
    const seen = [];
    for (let i = 0; i < 2; i++) {
      const client = net.connect(9, '127.0.0.1');
      const [error] = await once(client, 'error');
      seen.push(error.code);
    }
    return seen;
  },
};
