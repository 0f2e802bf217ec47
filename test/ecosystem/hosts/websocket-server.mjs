// fastify/fastify-websocket#106: while a hook is still at work the connection is open already, and
// a message that comes then is lost, as the route's handler does not listen yet.
import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify-3';

const { default: websocket } = await import(`fastify-websocket-${process.argv[2]}`);
const app = fastify();
app.register(websocket);
app.addHook('preValidation', async () => {
  await sleep(1);
});
app.get('/', { websocket: true }, ({ socket }) => {
  socket.on('message', (text) => socket.send(`echo ${text}`));
});
await app.listen(8080, '0.0.0.0');
