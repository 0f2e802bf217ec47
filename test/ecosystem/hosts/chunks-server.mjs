// Answers in chunks, the last two bytes of which come by themselves, and closes the connection.
import net from 'node:net';

const PART = 'x'.repeat(20_000);
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n');
    for (let i = 0; i < 4; i++) socket.write(`${PART.length.toString(16)}\r\n${PART}\r\n`);
    socket.write('0\r\n\r');
    setTimeout(() => socket.end('\n'), 0);
  });
});
server.listen(8080);
