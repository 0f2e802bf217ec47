import http from 'node:http';

const server = http.createServer((request, response) => {
  response.end(`hello ${request.url}`);
});
server.listen(8080, () => console.log('listening'));
