// Prices as lines of JSON, two of which may leave at once.
import net from 'node:net';

const server = net.createServer((socket) => {
  socket.on('error', () => {});
  let price = 100;
  const ticker = setInterval(() => {
    socket.write(`${JSON.stringify({ name: 'heddle', price: price++ })}\n`);
    if (price <= 103) return;
    clearInterval(ticker);
    socket.end();
  }, 2);
});
server.listen(8080);
