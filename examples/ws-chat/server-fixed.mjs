// The same chat, fixed: whoever comes enters the room first. What is said while the history is
// read is kept, and sent after it, unless it is in the history already.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

const said = [];
const store = {
  async read() {
    const all = [...said];
    await sleep(2);
    return all;
  },
  async append(text) {
    await sleep(1);
    said.push(text);
    return said.length;
  },
};

/** By whoever is in the room, what is to be done with what is said. */
const room = new Map();
const server = new WebSocketServer({ port: Number(process.env.PORT ?? 8080) });
server.on('connection', async (socket) => {
  socket.on('close', () => room.delete(socket));
  socket.on('message', async (data) => {
    const text = String(data);
    const number = await store.append(text);
    for (const hear of room.values()) hear(number, text);
  });
  const meanwhile = [];
  room.set(socket, (...heard) => meanwhile.push(heard));
  const history = await store.read();
  for (const text of history) socket.send(text);
  for (const [number, text] of meanwhile) if (number > history.length) socket.send(text);
  room.set(socket, (_, text) => socket.send(text));
});
