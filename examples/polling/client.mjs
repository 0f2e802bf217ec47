// A client that asks every five seconds, over a pool of connections that it keeps. The server gives
// up an idle connection after five seconds: now and then a request leaves on one that is just being
// closed, and ends in ECONNRESET.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const pool = new http.Agent({ keepAlive: true, maxSockets: 2 });
const options = {
  host: process.env.SERVER ?? 'server',
  port: Number(process.env.PORT ?? 8080),
  agent: pool,
};
const ask = () =>
  new Promise((resolve, reject) => {
    const request = http.get(options, (response) => {
      response.resume().on('end', resolve).on('error', reject);
    });
    request.on('error', reject);
  });

for (let i = 0; i < 6; i++) {
  await ask();
  await sleep(Number(process.env.IDLE_MS ?? 5_000));
}
process.exit(0);
