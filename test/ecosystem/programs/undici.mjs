// undici's pool and its pipelining.
import { once } from 'node:events';
import http from 'node:http';
import { Pool, request } from 'undici';

const server = http.createServer((incoming, response) => response.end(`undici ${incoming.url}`));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
const pool = new Pool(origin, { connections: 2, pipelining: 2 });
const texts = await Promise.all(
  ['/1', '/2', '/3', '/4', '/5'].map(async (path) =>
    (await pool.request({ path, method: 'GET' })).body.text(),
  ),
);
console.log(...texts);
await pool.close();
const { statusCode, body } = await request(`${origin}/single`);
console.log(statusCode, await body.text());
server.closeAllConnections();
server.close();
process.exit(0);
