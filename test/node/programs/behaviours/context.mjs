// In which async context each callback comes: the store of an AsyncLocalStorage, an id of its own,
// and the kind of resource that Node's hooks were told of.
import {
  AsyncLocalStorage,
  createHook,
  executionAsyncId,
  executionAsyncResource,
} from 'node:async_hooks';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';

const store = new AsyncLocalStorage();
const types = new Map();
createHook({ init: (id, type) => types.set(id, type) }).enable();

const file = process.argv[1];
const scratch = path.join(os.tmpdir(), `heddle-context-${process.pid}`);

/** A server and a client; `use` is told of both ends. */
const connected = (use) => {
  const server = net.createServer((accepted) => {
    accepted.on('error', () => {});
    server.close();
    use.accepted?.(accepted);
    accepted.end('x');
    accepted.resume();
  });
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, 'localhost');
    use.client?.(client);
    client.resume();
    client.end('y');
  });
};

const asked = (use) => {
  const server = http.createServer((request, response) => {
    use.request?.(request, response);
    request.resume();
    response.end('x');
  });
  server.listen(0, '127.0.0.1', () => {
    const request = http.get(
      { port: server.address().port, host: '127.0.0.1', agent: false },
      (response) => {
        use.response?.(response);
        response.resume();
        response.on('close', () => server.close());
      },
    );
    use.client?.(request);
  });
};

const datagram = (use) => {
  const socket = dgram.createSocket('udp4');
  use.socket?.(socket);
  socket.once('message', () => socket.close());
  socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1', use.sent));
};

const CALLS = {
  'fs.stat': (done) => fs.stat(file, done),
  'fs.lstat': (done) => fs.lstat(file, done),
  'fs.access': (done) => fs.access(file, done),
  'fs.readFile': (done) => fs.readFile(file, done),
  'fs.readdir': (done) => fs.readdir('.', done),
  'fs.open': (done) =>
    fs.open(file, 'r', (error, fd) => {
      fs.closeSync(fd);
      done(error);
    }),
  'fs.writeFile': (done) => fs.writeFile(scratch, 'x', done),
  'fs.appendFile': (done) => fs.appendFile(scratch, 'x', done),
  'fs.unlink': (done) => fs.unlink(scratch, done),
  'fs.mkdtemp': (done) =>
    fs.mkdtemp(scratch, (error, folder) => {
      fs.rmdirSync(folder);
      done(error);
    }),
  'fs.stat of nothing': (done) => fs.stat('/no/such', done),
  'fs.promises.stat': (done) => fs.promises.stat(file).then(done),
  'fs.promises.readFile': (done) => fs.promises.readFile(file).then(done),
  'a read stream opens': (done) => fs.createReadStream(file).on('open', done).resume(),
  'a read stream has data': (done) => fs.createReadStream(file).once('data', done).resume(),
  'a read stream closes': (done) => fs.createReadStream(file).on('close', done).resume(),
  'dns.lookup': (done) => dns.lookup('localhost', done),
  'dns.lookup of an address': (done) => dns.lookup('127.0.0.1', done),
  'dns.promises.lookup': (done) => dns.promises.lookup('localhost').then(done),
  'zlib.gzip': (done) => zlib.gzip('x', done),
  'zlib.inflate of garbage': (done) => zlib.inflate('x', done),
  'zlib.brotliCompress': (done) => zlib.brotliCompress('x', done),
  'a deflater has data': (done) => zlib.createDeflate().once('data', done).end('x'),
  'crypto.randomBytes': (done) => crypto.randomBytes(8, done),
  'crypto.randomFill': (done) => crypto.randomFill(Buffer.alloc(8), done),
  'crypto.pbkdf2': (done) => crypto.pbkdf2('a', 'b', 1, 8, 'sha256', done),
  'crypto.scrypt': (done) => crypto.scrypt('a', 'b', 8, { N: 2 }, done),
  'crypto.hkdf': (done) => crypto.hkdf('sha256', 'a', 'b', 'c', 8, done),
  'crypto.generateKeyPair': (done) => crypto.generateKeyPair('ec', { namedCurve: 'P-256' }, done),
  'crypto.subtle.digest': (done) => crypto.subtle.digest('SHA-256', Buffer.from('x')).then(done),
  setTimeout: (done) => setTimeout(done, 1),
  setImmediate: (done) => setImmediate(done),
  'process.nextTick': (done) => process.nextTick(done),
  queueMicrotask: (done) => queueMicrotask(done),
  'a server listens': (done) => {
    const server = net.createServer().listen(0, () => {
      done();
      server.close();
    });
  },
  'a server closes': (done) => {
    const server = net.createServer().listen(0, () => server.close(done));
  },
  'a server accepts': (done) => connected({ accepted: done }),
  'a client connects': (done) => connected({ client: (client) => client.on('connect', done) }),
  'a client looks up': (done) => connected({ client: (client) => client.on('lookup', done) }),
  'a client is ready': (done) => connected({ client: (client) => client.on('ready', done) }),
  'a client has data': (done) => connected({ client: (client) => client.once('data', done) }),
  'a client ends': (done) => connected({ client: (client) => client.on('end', done) }),
  'a client closes': (done) => connected({ client: (client) => client.on('close', done) }),
  'a client is refused': (done) => net.connect(1, '127.0.0.1').on('error', done),
  'an accepted socket has data': (done) =>
    connected({ accepted: (socket) => socket.once('data', done) }),
  'an accepted socket ends': (done) => connected({ accepted: (socket) => socket.on('end', done) }),
  'an accepted socket closes': (done) =>
    connected({ accepted: (socket) => socket.on('close', done) }),
  'a request is sent': (done) => asked({ client: (request) => request.on('finish', done) }),
  'a request has a socket': (done) => asked({ client: (request) => request.on('socket', done) }),
  'a request comes': (done) => asked({ request: done }),
  'a request ends': (done) => asked({ request: (request) => request.on('end', done) }),
  'a response comes': (done) => asked({ response: done }),
  'a response has data': (done) => asked({ response: (response) => response.once('data', done) }),
  'a response ends': (done) => asked({ response: (response) => response.on('end', done) }),
  'a response was sent': (done) => asked({ request: (_, response) => response.on('finish', done) }),
  'a datagram socket listens': (done) =>
    datagram({ socket: (socket) => socket.on('listening', done) }),
  'a datagram comes': (done) => datagram({ socket: (socket) => socket.on('message', done) }),
  'a datagram was sent': (done) => datagram({ sent: done }),
  'a datagram socket closes': (done) => datagram({ socket: (socket) => socket.on('close', done) }),
};

const seenBy = (call) =>
  new Promise((resolve) => {
    const caller = executionAsyncId();
    let inPlace = true;
    store.run('of the caller', () =>
      call(() => {
        const id = executionAsyncId();
        resolve({
          store: store.getStore() ?? 'none',
          inPlace,
          ownId: id !== caller && id !== 0,
          kind: types.get(id) ?? 'none',
          hasResource: typeof executionAsyncResource(),
        });
      }),
    );
    inPlace = false;
  });

export const TABLE = {};
for (const [name, call] of Object.entries(CALLS)) {
  let seen;
  const look = (what) => async () => {
    seen ??= seenBy(call);
    return (await seen)[what];
  };
  TABLE[`${name}: the caller's store`] = look('store');
  TABLE[`${name}: not before the caller goes on`] = look('inPlace');
  TABLE[`${name}: an id of its own`] = look('ownId');
  TABLE[`${name}: the kind of resource`] = look('kind');
}
