// A server that keeps connections for as long as Node's does: five seconds.
import http from 'node:http';

http.createServer((_request, response) => response.end('ok')).listen(8080);
