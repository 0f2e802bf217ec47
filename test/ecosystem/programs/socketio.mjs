// socket.io: long polling, then the upgrade to WebSocket; an acknowledgement and a broadcast.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';

const http = createServer();
const io = new Server(http);
io.on('connection', (socket) => {
  socket.on('add', (a, b, reply) => reply(a + b));
  socket.on('shout', (text) => io.emit('heard', text));
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const client = connect(`http://127.0.0.1:${http.address().port}`);
await new Promise((resolve) => client.on('connect', resolve));
console.log(await client.emitWithAck('add', 2, 3));
const heard = new Promise((resolve) => client.on('heard', resolve));
client.emit('shout', 'hello');
console.log(await heard);
if (client.io.engine.transport.name !== 'websocket')
  await new Promise((resolve) => client.io.engine.on('upgrade', resolve));
console.log(client.io.engine.transport.name);
client.close();
await io.close();
