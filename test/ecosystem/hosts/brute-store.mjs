// Keeps values by key: lines of JSON, one answer each.
import net from 'node:net';
import readline from 'node:readline';

const kept = new Map();
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  readline.createInterface({ input: socket }).on('line', (line) => {
    const { id, op, key, value } = JSON.parse(line);
    if (op === 'set') kept.set(key, value);
    if (op === 'reset') kept.delete(key);
    socket.write(`${JSON.stringify({ id, value: kept.get(key) ?? null })}\n`);
  });
});
server.listen(7000);
