// Sends what it was sent back, once it has a line.
import net from 'node:net';

net
  .createServer((socket) => {
    socket.on('data', (data) => {
      if (String(data).endsWith('\n')) socket.write(data);
    });
  })
  .listen(7000);
