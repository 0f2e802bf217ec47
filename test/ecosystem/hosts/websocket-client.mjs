// Says hello as soon as the connection is open, and waits two seconds for the echo.
import WebSocket from 'ws';

const socket = new WebSocket('ws://server:8080/');
await new Promise((resolve, reject) => {
  socket.on('open', () => {
    socket.send('hello');
    setTimeout(() => reject(new Error('no echo within two seconds')), 2_000);
  });
  socket.on('message', resolve);
  socket.on('error', reject);
});
process.exit(0);
