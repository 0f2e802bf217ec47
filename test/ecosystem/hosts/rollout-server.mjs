// A server that is told to end, as before a new version is rolled out. VERSION: repaired lets whoever
// is being answered have the answer, affected closes all connections.
import http from 'node:http';

const server = http.createServer(({ url }, response) => {
  if (url === '/report') {
    response.write('a ');
    setTimeout(() => response.end('report'), Math.random() * 8);
    return;
  }
  response.setHeader('connection', 'close');
  response.end('ends');
  server.close();
  if (process.argv[2] === 'repaired') server.closeIdleConnections();
  else response.on('close', () => server.closeAllConnections());
});
server.listen(8080);
