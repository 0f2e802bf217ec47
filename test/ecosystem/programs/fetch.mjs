// The global fetch, JSON both ways, a redirect, an abort.
import { once } from 'node:events';
import http from 'node:http';

const server = http.createServer((request, response) => {
  if (request.url === '/moved') {
    response.writeHead(302, { location: '/here' }).end();
    return;
  }
  if (request.url === '/never') return;
  let body = '';
  request
    .on('data', (chunk) => {
      body += chunk;
    })
    .on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ path: request.url, body }));
    });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;
console.log(await (await fetch(`${base}/x`, { method: 'POST', body: 'hi' })).json());
console.log(await (await fetch(`${base}/moved`)).json());
console.log(
  await fetch(`${base}/never`, { signal: AbortSignal.timeout(50) }).catch((error) => error.name),
);
server.closeAllConnections();
server.close();
