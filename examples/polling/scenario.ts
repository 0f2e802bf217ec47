import 'heddle/realm';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { realm, type Scenario } from 'heddle';

type Ask = (agent: http.Agent | false) => Promise<unknown>;

const ask: Ask = (agent) =>
  new Promise((resolve, reject) => {
    http
      .get({ host: 'server', port: 8080, agent }, (response) => {
        response.resume().on('end', resolve).on('error', reject);
      })
      .on('error', reject);
  });

/** What was sent on a kept connection and not answered is asked again on a fresh one. */
const askTwice: Ask = (agent) =>
  ask(agent).catch(({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ECONNRESET') throw new Error(`asked in vain: ${code}`);
    return ask(false);
  });

/** Whoever asks every five seconds over connections that the server gives up after five. */
const polling = (name: string, asking: Ask): Scenario =>
  realm(name, async (world) => {
    await world.host('server').run(() => world.import('./server.mjs'));
    world.delay('localhost', 'server', 1, 5);
    world.delay('server', 'localhost', 1, 5);
    const pool = new http.Agent({ keepAlive: true, maxSockets: 2 });
    for (let i = 0; i < 6; i++) {
      await asking(pool);
      await sleep(5_000);
    }
  });

export const news: Scenario = polling('each request is answered', ask);
export const newsFixed: Scenario = polling('each request is answered: fixed', askTwice);
