// The same client, fixed: what was sent on a kept connection and not answered is asked again on a
// fresh one. That is allowed for requests that change nothing, as GET (RFC 9110, 9.2.2).
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const pool = new http.Agent({ keepAlive: true, maxSockets: 2 });
const options = {
  host: process.env.SERVER ?? 'server',
  port: Number(process.env.PORT ?? 8080),
};
const askBy = (agent) =>
  new Promise((resolve, reject) => {
    const request = http.get({ ...options, agent }, (response) => {
      response.resume().on('end', resolve).on('error', reject);
    });
    request.on('error', (error) => {
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(askBy(false));
      else reject(error);
    });
  });

for (let i = 0; i < 6; i++) {
  await askBy(pool);
  await sleep(Number(process.env.IDLE_MS ?? 5_000));
}
process.exit(0);
