// Answers in two parts, the second after a tenth of a second.
import http from 'node:http';

const server = http.createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write('first ');
  setTimeout(() => response.end('second'), 100);
});
server.listen(8080);
