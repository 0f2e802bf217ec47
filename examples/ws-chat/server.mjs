// A chat with ws. Whoever comes is sent what was said before, and then enters the room. What is
// said while the history is read is in neither: it was not yet stored when the reading began, and
// whoever comes was not yet in the room.
//
//   heddle run --hosts server=examples/ws-chat/server.mjs,client=examples/ws-chat/client.mjs
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

/** A store that takes a while, as one does behind a network. */
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
  },
};

const room = new Set();
const server = new WebSocketServer({ port: Number(process.env.PORT ?? 8080) });
server.on('connection', async (socket) => {
  socket.on('close', () => room.delete(socket));
  socket.on('message', async (data) => {
    const text = String(data);
    await store.append(text);
    for (const each of room) each.send(text);
  });
  for (const text of await store.read()) socket.send(text);
  room.add(socket);
});
