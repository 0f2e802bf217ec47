import 'heddle/realm';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { realm, type Scenario } from 'heddle';
import { expect } from 'vitest';

const buy = (): Promise<string> =>
  new Promise((resolve, reject) => {
    http.get('http://localhost:8080', (response) => resolve(text(response))).on('error', reject);
  });

/** Two customers of a server of this folder, in the realm of the test. */
export const thing = (server: string): Scenario =>
  realm(`one thing is sold once: ${server}`, async (world) => {
    await world.import(`./${server}.mjs`);
    const answers = await Promise.all([buy(), buy()]);
    expect(answers.sort()).toEqual(['sold', 'sold out']);
  });
