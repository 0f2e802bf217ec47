// A server that ends a connection on which nothing has come for five seconds.
import http from 'node:http';

const server = http.createServer((_request, response) => {
  // Said here, so that Node does not add for how long.
  response.setHeader('connection', 'keep-alive');
  if (process.argv[2] === 'told') response.setHeader('keep-alive', 'timeout=5');
  response.end('ok');
});
server.keepAliveTimeout = 0;
server.setTimeout(5_000);
server.listen(8080);
