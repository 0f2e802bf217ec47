import 'heddle/realm';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { realm, type Scenario } from 'heddle';
import { expect } from 'vitest';

// It has no types.
const { WebSocket } = createRequire(import.meta.url)('ws');

/** Its clients mask what they send; ws keeps a pool of random bytes for that from run to run. */
const options = { generateMask: (mask: Uint8Array) => crypto.getRandomValues(mask) };

/** One who says something, and one who comes in at about that time, to a server of this folder. */
export const chat = (server: string): Scenario =>
  realm(`whoever comes in hears what is said, once: ${server}`, async (world) => {
    await world.import(`./${server}.mjs`);
    const speaker = new WebSocket('ws://localhost:8080', options);
    const listener = new WebSocket('ws://localhost:8080', options);
    const heard: string[] = [];
    listener.on('message', (data: unknown) => heard.push(String(data)));
    await once(speaker, 'open');
    speaker.send('hello');
    await sleep(500);
    expect(heard).toEqual(['hello']);
  });
