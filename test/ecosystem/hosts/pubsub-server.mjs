// As much of Redis as publish and subscribe need.
import net from 'node:net';

const listeners = new Map();
const bulk = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** The first whole command of a text, and what stands after it. */
function takeCommand(text) {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  let rest = text.slice(head[0].length);
  const words = [];
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(rest);
    if (size === null) return undefined;
    const end = size[0].length + Number(size[1]);
    if (rest.length < end + 2) return undefined;
    words.push(rest.slice(size[0].length, end));
    rest = rest.slice(end + 2);
  }
  return { words, rest };
}

const server = net.createServer((socket) => {
  const own = new Set();
  const leave = (channel) => {
    own.delete(channel);
    listeners.get(channel)?.delete(socket);
  };
  const confirm = (what, channel) =>
    socket.write(`*3\r\n${bulk(what)}${bulk(channel)}:${own.size}\r\n`);
  const commands = {
    info: () => socket.write(bulk('redis_version:7.0.0\r\nloading:0\r\n')),
    subscribe: (...channels) => {
      for (const channel of channels) {
        if (!listeners.has(channel)) listeners.set(channel, new Set());
        listeners.get(channel).add(socket);
        own.add(channel);
        confirm('subscribe', channel);
      }
    },
    unsubscribe: (...channels) => {
      for (const channel of channels) {
        leave(channel);
        confirm('unsubscribe', channel);
      }
    },
    punsubscribe: (...patterns) => {
      for (const pattern of patterns) confirm('punsubscribe', pattern);
    },
    publish: (channel, text) => {
      const hearing = [...(listeners.get(channel) ?? [])];
      for (const one of hearing) {
        one.write(`*3\r\n${bulk('message')}${bulk(channel)}${bulk(text)}`);
      }
      socket.write(`:${hearing.length}\r\n`);
    },
  };
  let text = '';
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const channel of own) leave(channel);
  });
  socket.on('data', (bytes) => {
    text += bytes;
    for (let taken = takeCommand(text); taken !== undefined; taken = takeCommand(text)) {
      text = taken.rest;
      const [name, ...args] = taken.words;
      const command = commands[name.toLowerCase()] ?? (() => socket.write('+OK\r\n'));
      command(...args);
    }
  });
});
server.listen(8080);
