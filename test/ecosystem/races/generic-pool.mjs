// coopernurse/node-pool#159: clear does not wait for resources that are just being made, and leaves
// them open. Until 3.1.2 as described; fixed since, and again in 3.5.0 (#268: what was made is
// only noted a turn later).
import { once } from 'node:events';
import net from 'node:net';

const { default: genericPool } = await import(`generic-pool-${process.argv[2]}`);

const open = new Set();
const server = net.createServer((socket) => {
  open.add(socket);
  socket.on('close', () => open.delete(socket)).resume();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const pool = genericPool.createPool(
  {
    create: async () => {
      const socket = net.connect(server.address().port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    destroy: async (socket) => {
      socket.end();
      await once(socket, 'close');
    },
  },
  { min: 2, max: 3 },
);

// A program that does one thing and shuts down.
const socket = await pool.acquire();
socket.write('x');
await pool.release(socket);
await pool.drain();
await pool.clear();
server.close();
const closed = once(server, 'close').then(() => 'closed');
const late = new Promise((resolve) => setTimeout(resolve, 60_000, 'late').unref());
if ((await Promise.race([closed, late])) === 'late') {
  throw new Error(`${open.size} connections of a pool that was cleared are open a minute later`);
}
console.log('shut down');
