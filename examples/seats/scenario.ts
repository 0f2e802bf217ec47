import 'heddle/realm';
import { realm, type Scenario } from 'heddle';
import { expect } from 'vitest';

/** Two visitors who want the same seat of a server of this folder, in the realm of the test. */
export const seat = (server: string): Scenario =>
  realm(`a seat is sold once: ${server}`, async (world) => {
    await world.import(`./${server}.mjs`);
    const take = async (name: string): Promise<number> => {
      const response = await fetch('http://localhost:8080/seats/7', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
      return response.status;
    };
    const answers = await Promise.all([take('ann'), take('bob')]);
    expect(answers.sort()).toEqual([200, 409]);
  });
