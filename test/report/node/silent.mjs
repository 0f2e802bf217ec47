// Answers everybody but those who ask for /slow.
import http from 'node:http';

http
  .createServer((request, response) => {
    if (request.url !== '/slow') response.end('here');
  })
  .listen(8080);
