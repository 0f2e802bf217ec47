// A server that ends a connection on which nothing has come for a while, as servers and load
// balancers do.
//
//   heddle run --hosts server=examples/polling/server.mjs,client=examples/polling/client.mjs
//   --latency 1-5
import http from 'node:http';

const server = http.createServer((_request, response) => response.end('news'));
server.keepAliveTimeout = 0;
server.setTimeout(Number(process.env.IDLE_MS ?? 5_000));
server.listen(Number(process.env.PORT ?? 8080));
