// Texts and bytes of all sizes, there and back: prints the lengths of what came, and a long text.
import { createHash } from 'node:crypto';
import net from 'node:net';

const sizes = process.argv.slice(2).map(Number);
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
const server = net.createServer((socket) => socket.pipe(socket)).listen(7000);
server.on('listening', async () => {
  for (const size of sizes) {
    const sent = Buffer.alloc(size, (at) => at);
    for (let at = 0; at < size; at++) sent[at] = (at * 7 + size) % 251;
    const got = [];
    const socket = net.connect(7000).on('data', (chunk) => got.push(chunk));
    socket.end(sent);
    await new Promise((resolve) => socket.on('close', resolve));
    const came = Buffer.concat(got);
    console.log(`${came.length} ${hash(came) === hash(sent)}`);
    console.log('é€😀'.repeat(size));
  }
  server.close();
});
