// One who says something, and one who comes in at about that time, and has to hear it: once.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

const url = `ws://${process.env.SERVER ?? 'server'}:${process.env.PORT ?? 8080}`;
const speaker = new WebSocket(url);
const listener = new WebSocket(url);
const heard = [];
listener.on('message', (data) => heard.push(String(data)));
await once(speaker, 'open');
speaker.send('hello');
await sleep(500);
console.log(heard.join(', '));
if (heard.length !== 1) {
  throw new Error(
    `"hello" was said once, and heard ${heard.length} times by who came in meanwhile`,
  );
}
process.exit(0);
