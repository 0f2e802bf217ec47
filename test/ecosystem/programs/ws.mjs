// ws: a server that echoes, two clients, messages that are compressed, ping and close codes.
import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: { threshold: 10 },
});
await once(server, 'listening');
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('close', (code) => server.emit('gone', code));
});
for (const name of ['one', 'two']) {
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/${name}`);
  await once(client, 'open');
  client.send(`${name} `.repeat(20));
  const [text] = await once(client, 'message');
  client.ping('p');
  const [pong] = await once(client, 'pong');
  const gone = once(server, 'gone');
  client.close(4000 + name.length, 'bye');
  const [code, reason] = await once(client, 'close');
  console.log(String(text).length, String(pong), code, String(reason), ...(await gone));
}
server.close();
