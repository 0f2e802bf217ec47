// Counts to five with the help of a server. `once`: gives up when the connection is lost; `add`:
// connects again, and goes on as if the server had kept its count; `set`: says each time where the
// count stands.
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const how = process.argv[2];
let socket;
let buffer = '';
async function connected() {
  while (socket === undefined) {
    const fresh = net.connect(7000, 'server');
    try {
      await once(fresh, 'connect');
      buffer = '';
      fresh
        .on('error', () => {})
        .on('data', (data) => {
          buffer += data;
        });
      fresh.on('close', () => {
        if (how === 'once') throw new Error('the server has gone away');
        if (socket === fresh) socket = undefined;
      });
      socket = fresh;
    } catch (error) {
      if (how === 'once') throw error;
      await sleep(50);
    }
  }
  return socket;
}

/** The answer to a line; asked again on a new connection where it is lost. */
async function ask(line) {
  for (;;) {
    const asked = await connected();
    asked.write(`${line}\n`);
    while (!buffer.includes('\n') && socket === asked) {
      await new Promise((resolve) => asked.once('data', resolve).once('close', resolve));
    }
    const [answer, rest] = buffer.split('\n');
    if (rest === undefined) continue;
    buffer = rest;
    return Number(answer);
  }
}

let count = 0;
for (let i = 1; i <= 5; i++) count = await ask(how === 'set' ? `set ${i}` : 'add');
if (count < 5) throw new Error(`five were counted, and the server says ${count}`);
process.exit(0);
