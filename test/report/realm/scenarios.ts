// Small realm scenarios with a mistake each, in which two things run into each other: the lines of
// both have to be in the report.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { realm, type Scenario } from '../../../src/index.ts';

/** Two calls read, and then both write. */
export const counter: Scenario = realm('a counter counts', async (world) => {
  let count = 0;
  const store = world.service('store', {
    read: async () => count,
    write: async (value: number) => {
      count = value;
    },
  });
  const add = async (): Promise<void> => {
    const seen = await store.read();
    await store.write(seen + 1);
  };
  await Promise.all([add(), add()]);
  expect(count).toBe(2);
});

/** What is loaded is shown after what has been saved since. */
export const shown: Scenario = realm('what was saved is shown', async (world) => {
  let stored = 'old';
  const store = world.service('store', {
    load: async () => stored,
    save: async (value: string) => {
      stored = value;
    },
  });
  let text = '';
  const show = async (): Promise<void> => {
    text = await store.load();
  };
  const put = async (): Promise<void> => {
    await store.save('new');
    text = 'new';
  };
  await Promise.all([show(), put()]);
  expect(text).toBe('new');
});

/** A timer comes before the answer. */
export const patience: Scenario = realm('the answer comes in time', async (world) => {
  const service = world.service('service', { ask: async () => 'an answer' });
  let state = '';
  setTimeout(() => {
    state = 'gave up';
  }, 100);
  const answer = await service.ask();
  state ||= answer;
  expect(state).toBe('an answer');
});

let settings: string | undefined;

/** A variable of this module, which the first run fills. */
export const remembered: Scenario = realm('the settings are there', async (world) => {
  const service = world.service('service', { load: async () => 'the settings' });
  settings ??= await service.load();
  expect(settings).toBe('the settings');
});

const get = (path: string, host = 'localhost'): Promise<string> =>
  new Promise((resolve, reject) => {
    http
      .get({ host, port: 8080, path }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      })
      .on('error', reject);
  });

/** Two requests read a variable before either writes it. */
export const requests: Scenario = realm('each request has a number of its own', async () => {
  let last = 0;
  const answer = async (_: unknown, response: http.ServerResponse): Promise<void> => {
    const next = last + 1;
    await sleep(1);
    last = next;
    response.end(String(next));
  };
  http.createServer(answer).listen(8080);
  const answers = await Promise.all([get('/a'), get('/b')]);
  expect(answers.sort()).toEqual(['1', '2']);
});

/** Two requests are answered in another order than that in which they were sent. */
export const order: Scenario = realm('answers come in the order of their questions', async () => {
  http.createServer(({ url }, response) => response.end(url)).listen(8080);
  const seen: string[] = [];
  await Promise.all([
    get('/a').then((text) => seen.push(text)),
    get('/b').then((text) => seen.push(text)),
  ]);
  expect(seen).toEqual(['/a', '/b']);
});

/** A lock that nobody gives back. */
export const lock: Scenario = realm('whoever waits for the lock gets it', async (world) => {
  const service = world.service('service', { ask: async () => 1 });
  let locked = false;
  const waiting: (() => void)[] = [];
  const take = async (): Promise<void> => {
    if (locked) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    locked = true;
  };
  const ask = async (): Promise<void> => {
    await take();
    await service.ask();
  };
  await Promise.all([ask(), ask()]);
});

/** A law about what a host keeps, whose timers come at other times than its requests. */
export const stock: Scenario = realm('nothing is sold that is not there', async (world) => {
  let left = 1;
  const sell = async (_: unknown, response: http.ServerResponse): Promise<void> => {
    if (left > 0) {
      await sleep(2);
      left--;
    }
    response.end('here you are');
  };
  world.host('shop').run(() => http.createServer(sell).listen(8080));
  world.finally('the stock is never below zero', () => left >= 0 || `there are ${left}`);
  await Promise.all([get('/a', 'shop'), get('/b', 'shop')]);
});
