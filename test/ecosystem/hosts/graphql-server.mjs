// enisdenjo/graphql-ws#501: the server says that a connection is acknowledged before it notes it, so
// with a send that takes a moment a client that asks at once is turned away as unauthorized.
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema } from 'graphql';
import { WebSocketServer } from 'ws';

const { makeServer } = await import(`graphql-ws-${process.argv[2]}`);
const schema = buildSchema('type Query { hello: String }');
const server = makeServer({ schema, roots: { query: { hello: () => 'world' } } });
const sockets = new WebSocketServer({ port: 8080, handleProtocols: () => 'graphql-transport-ws' });
sockets.on('connection', (socket) => {
  const send = async (data) => {
    await new Promise((resolve, reject) => {
      socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
    // What was sent is counted somewhere.
    await sleep(1);
  };
  const listen = (handle) =>
    socket.on('message', (data) =>
      handle(String(data)).catch((error) => socket.close(4500, error.message.slice(0, 100))),
    );
  const close = (code, reason) => socket.close(code, reason);
  const closed = server.opened({ protocol: socket.protocol, send, close, onMessage: listen }, {});
  socket.once('close', (code, reason) => closed(code, String(reason)));
});
