/** A chat that saves each message, which takes as long as it takes, and then sends it on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

const save = () => sleep(Math.random() * 5);

const server = new WebSocketServer({ port: 8080 });
server.on('connection', (socket) => {
  socket.on('message', async (message) => {
    await save(message);
    for (const client of server.clients) client.send(String(message));
  });
});
