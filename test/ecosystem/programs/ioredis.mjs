// ioredis against a small server that speaks its protocol: pipelines, pub/sub, a connection that is
// lost and comes back.
import { once } from 'node:events';
import net from 'node:net';
import Redis from 'ioredis';

const store = new Map();
const subscribers = new Set();
const bulk = (text) =>
  text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const sockets = new Set();
const server = net.createServer((socket) => {
  sockets.add(socket);
  let rest = '';
  socket.on('error', () => {});
  socket.on('close', () => {
    sockets.delete(socket);
    subscribers.delete(socket);
  });
  socket.on('data', (data) => {
    rest += data;
    for (;;) {
      const count = /^\*(\d+)\r\n/.exec(rest);
      if (count === null) return;
      let at = count[0].length;
      const words = [];
      for (let i = 0; i < Number(count[1]); i++) {
        const size = /^\$(\d+)\r\n/.exec(rest.slice(at));
        if (size === null) return;
        const from = at + size[0].length;
        if (rest.length < from + Number(size[1]) + 2) return;
        words.push(rest.slice(from, from + Number(size[1])));
        at = from + Number(size[1]) + 2;
      }
      rest = rest.slice(at);
      const [name, key, value] = words;
      switch (name.toLowerCase()) {
        case 'set':
          store.set(key, value);
          socket.write('+OK\r\n');
          break;
        case 'get':
          socket.write(bulk(store.get(key)));
          break;
        case 'incr':
          store.set(key, String(Number(store.get(key) ?? 0) + 1));
          socket.write(`:${store.get(key)}\r\n`);
          break;
        case 'subscribe':
          subscribers.add(socket);
          server.emit('subscribed');
          socket.write(`*3\r\n${bulk('subscribe')}${bulk(key)}:1\r\n`);
          break;
        case 'publish':
          for (const each of subscribers)
            each.write(`*3\r\n${bulk('message')}${bulk(key)}${bulk(value)}`);
          socket.write(`:${subscribers.size}\r\n`);
          break;
        case 'info':
          socket.write(bulk('redis_version:7.0.0\r\nloading:0\r\n'));
          break;
        case 'quit':
          socket.end('+OK\r\n');
          break;
        default:
          socket.write('+OK\r\n');
      }
    }
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
const redis = new Redis({ port, host: '127.0.0.1' });
await redis.set('a', '1');
console.log(await redis.get('a'), await redis.get('nobody'));
console.log(JSON.stringify(await redis.pipeline().incr('n').incr('n').get('n').exec()));
const listener = new Redis({ port, host: '127.0.0.1' });
await listener.subscribe('news');
const heard = once(listener, 'message');
console.log(await redis.publish('news', 'hello'));
console.log(...(await heard));
const subscribed = once(server, 'subscribed');
for (const socket of sockets) socket.destroy();
console.log(await redis.get('a'));
// ioredis subscribes again by itself, and nobody catches it where the listener is disconnected
// before the answer: it has come when a message has.
await subscribed;
const heardAgain = once(listener, 'message');
console.log(await redis.publish('news', 'again'));
console.log(...(await heardAgain));
redis.disconnect();
listener.disconnect();
server.close();
