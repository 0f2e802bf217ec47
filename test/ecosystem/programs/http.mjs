// http with keep-alive, in one process: a server, and an agent of two sockets.

import { once } from 'node:events';
import http from 'node:http';

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    response.setHeader('x-method', request.method);
    response.end(`${request.url} ${body}`);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const request = http.request(
      { port: server.address().port, host: '127.0.0.1', agent, method, path },
      (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk) => {
            text += chunk;
          })
          .on('end', () =>
            resolve(`${response.statusCode} ${response.headers['x-method']} ${text.trim()}`),
          );
      },
    );
    request.on('error', reject).end(body);
  });
console.log(
  ...(await Promise.all([
    ask('GET', '/a'),
    ask('POST', '/b', 'x'.repeat(20)),
    ask('PUT', '/c', 'y'),
  ])),
);
console.log(await ask('GET', '/again'));
agent.destroy();
server.close();
