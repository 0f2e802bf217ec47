// A shop of many things: each request is answered with what is left.
import http from 'node:http';

let left = 1_000_000;
http.createServer((_request, response) => response.end(String(--left))).listen(8080);
