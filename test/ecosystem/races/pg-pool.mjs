// brianc/node-pg-pool#109: a connection that fails leaves those who queue behind it waiting for
// ever. In 2.0.3 nobody is called after a failed connect; in 2.0.6 the next in the queue is.
import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { default: Pool } = await import(`pg-pool-${process.argv[2]}`);

// A database that starts: it turns the first ones away, then answers each line with a line.
let ready = false;
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  if (!ready) {
    socket.end('starting\n');
    return;
  }
  socket.write('ready\n');
  socket.on('data', (data) => socket.write(data));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
setTimeout(() => {
  ready = true;
}, 3);

/** The least that the pool asks of a client. */
class Client extends EventEmitter {
  connect(done) {
    this.socket = net.connect(server.address().port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.once('data', (data) => {
      if (String(data) === 'ready\n') done();
      else done(new Error('the database system is starting up'));
    });
  }

  query(text, done) {
    this.socket.once('data', (data) => done(null, String(data)));
    this.socket.write(text);
  }

  end(done = () => {}) {
    this.socket.destroy();
    done();
  }
}

const pool = new Pool({ max: 1, Client });
/** Whoever meets a database that is not ready yet is told so; the others get their answers. */
async function ask(text) {
  const client = await pool.connect().catch(() => null);
  if (client === null) return 'not ready';
  const answer = await new Promise((resolve) => client.query(text, (_, found) => resolve(found)));
  client.release();
  return answer;
}

setTimeout(() => {
  throw new Error('a client of the pool has waited for a minute');
}, 60_000).unref();
await sleep(2);
const answers = await Promise.all([ask('a'), ask('b')]);
console.log(...answers);
await pool.end();
server.close();
