// express: routes, a JSON body, an error.
import { once } from 'node:events';
import express from 'express';

const app = express();
app.use(express.json());
app.get('/hello/:name', (request, response) => response.json({ hello: request.params.name }));
app.post('/sum', (request, response) => response.json({ sum: request.body.a + request.body.b }));
app.get('/broken', () => {
  throw new Error('broken');
});
app.use((error, _request, response, _next) => response.status(500).json({ error: error.message }));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;
const get = async (path, options) => {
  const response = await fetch(base + path, options);
  return `${response.status} ${await response.text()}`;
};
console.log(await get('/hello/world'));
console.log(
  await get('/sum', {
    method: 'POST',
    body: '{"a":1,"b":2}',
    headers: { 'content-type': 'application/json' },
  }),
);
console.log(await get('/broken'));
console.log((await get('/nothing')).slice(0, 3));
server.closeAllConnections();
server.close();
