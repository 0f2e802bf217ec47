/** The echo service over node:net, without heddle. Prints its port, and serves for ever. */
import { type AddressInfo, createServer } from 'node:net';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listens on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
