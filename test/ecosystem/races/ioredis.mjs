// redis/ioredis#1718: a connection that is lost before it is ready, after one that was lost with a
// command under way, makes the client forget that command: its promise is never settled. Fixed in
// 5.3.1 (#1720).
import { once } from 'node:events';
import net from 'node:net';

const { default: Redis } = await import(`ioredis-${process.argv[2]}`);

// A server that comes back: it loses every connection it has 5 ms after the client was ready, and
// those of the next 10 ms before they are ready.
let down = false;
const sockets = new Set();
const server = net.createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  socket.on('data', (data) => {
    if (down) return;
    const text = String(data);
    if (text.includes('info')) socket.write('$9\r\nloading:0\r\n');
    // The answer to a command takes a while.
    else if (text.includes('get')) setTimeout(() => socket.write('$5\r\nvalue\r\n'), 2);
    else socket.write('+OK\r\n');
  });
  if (down) setTimeout(() => socket.destroy(), 1);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const redis = new Redis({
  port: server.address().port,
  host: '127.0.0.1',
  maxRetriesPerRequest: null,
  retryStrategy: () => 1,
});
redis.on('error', () => {});
await once(redis, 'ready');
setTimeout(() => {
  down = true;
  for (const socket of sockets) socket.destroy();
}, 5);
setTimeout(() => {
  down = false;
}, 15);
setTimeout(() => {
  throw new Error('a command has waited for a minute');
}, 60_000).unref();
for (let i = 0; i < 3; i++) {
  const value = await redis.get('key');
  if (value !== 'value') throw new Error(`the answer was ${value}`);
}
console.log('answered');
redis.disconnect();
server.close();
