// What Node promises of clusters and of handles that are passed, as a program: see children.mjs.
import * as cp from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'cluster-child.cjs');

const get = (port, headers = {}) =>
  new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve(text));
      })
      .on('error', reject);
  });

const passes = async (what, handle, options) => {
  const child = cp.fork(CHILD, [what], { silent: true });
  let out = '';
  child.stdout.on('data', (part) => {
    out += part;
  });
  child.stderr.pipe(process.stderr);
  await once(child, 'message');
  child.send('take', handle, options);
  return { child, said: async () => (await once(child, 'close'), out) };
};

const TABLE = {
  'a connection is passed': async () => {
    const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = net.connect(server.address().port, '127.0.0.1');
    const [socket] = await once(server, 'connection');
    const { said } = await passes('socket', socket);
    const heard = once(client, 'data');
    client.write('hello');
    const text = String(await heard);
    client.end();
    const out = await said();
    server.close();
    return [text, out];
  },
  'a server is passed, and both have it': async () => {
    const server = net.createServer((socket) => socket.end('parent'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const { child, said } = await passes('server', server);
    await once(child, 'message');
    server.close();
    const client = net.connect(port, '127.0.0.1');
    const [data] = await once(client, 'data');
    await once(client, 'close');
    child.send('stop');
    return [String(data), await said()];
  },
  'messages keep their order beside a handle': async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const child = cp.fork(CHILD, ['order'], { silent: true });
    for (let i = 0; i < 5; i++) child.send(i, i === 2 ? server : undefined);
    let out = '';
    child.stdout.on('data', (part) => {
      out += part;
    });
    await once(child, 'close');
    server.close();
    return out;
  },
  'a cluster answers by its workers': async () => {
    cluster.setupPrimary({ exec: CHILD, args: ['worker'], silent: true });
    const events = [];
    cluster.on('fork', (worker) => events.push(['fork', worker.id]));
    const workers = [cluster.fork({ ORDINAL: 'a' }), cluster.fork({ ORDINAL: 'b' })];
    let address;
    await Promise.all(
      workers.map(async (worker) => {
        [address] = await once(worker, 'listening');
      }),
    );
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await get(address.port));
    const ends = workers.map((worker) => once(worker, 'exit'));
    await new Promise((resolve) => cluster.disconnect(resolve));
    const codes = await Promise.all(ends);
    return [
      events,
      [...new Set(answers)].sort(),
      answers.length,
      codes,
      workers.map((worker) => [worker.exitedAfterDisconnect, worker.isDead()]),
      Object.keys(cluster.workers).length,
    ];
  },
  'a worker that dies is replaced': async () => {
    cluster.setupPrimary({ exec: CHILD, args: ['worker'], silent: true });
    const first = cluster.fork({ ORDINAL: 'c' });
    const [{ port }] = await once(first, 'listening');
    first.process.kill('SIGKILL');
    const [code, signal] = await once(first, 'exit');
    const second = cluster.fork({ ORDINAL: 'd', PORT: String(port) });
    await once(second, 'listening');
    const answer = await get(port);
    const over = once(second, 'exit');
    second.kill();
    return [code, signal, first.exitedAfterDisconnect, answer, await over];
  },
  'a worker talks to its primary': async () => {
    cluster.setupPrimary({ exec: CHILD, args: ['talks'], silent: true });
    const worker = cluster.fork();
    const said = [];
    cluster.once('message', (from, message) => said.push([from === worker, message]));
    await once(worker, 'message');
    worker.send('thanks');
    const [message] = await once(worker, 'message');
    said.push(message);
    await once(worker, 'exit');
    return said;
  },
};

const only = process.argv[2];
for (const [name, behaviour] of Object.entries(TABLE)) {
  if (only !== undefined && !name.includes(only)) continue;
  let saw;
  try {
    saw = await behaviour();
  } catch (error) {
    saw = `threw ${error?.stack ?? error}`;
  }
  console.log(JSON.stringify({ name, saw }));
}
process.exit(0);
