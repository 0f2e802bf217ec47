// Counts in memory: `add` counts one on, `set N` says where the count stands; the answer is the
// count.
import net from 'node:net';
import readline from 'node:readline';

let count = 0;
net
  .createServer((socket) => {
    socket.on('error', () => {});
    readline.createInterface({ input: socket }).on('line', (line) => {
      const [word, number] = line.split(' ');
      count = word === 'set' ? Number(number) : count + 1;
      socket.write(`${count}\n`);
    });
  })
  .listen(7000);
