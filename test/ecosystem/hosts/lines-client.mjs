// Reads prices. VERSION: repaired keeps what is no whole line yet, affected takes each piece for one.
import net from 'node:net';
import readline from 'node:readline';

const prices = [];
const socket = net.connect(8080, 'server');
const source =
  process.argv[2] === 'repaired' ? readline.createInterface({ input: socket }) : socket;
const event = source === socket ? 'data' : 'line';
source.on(event, (text) => prices.push(JSON.parse(text).price));
socket.on('close', () => {
  if (prices.join() !== '100,101,102,103') throw new Error(`prices came as ${prices}`);
  process.exit(0);
});
