import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProgram } from '../../src/conform/index.ts';

const cases = join(import.meta.dirname, 'cases');
const step = { task: 0, call: 'close', fds: ['a'], numbers: [], makes: [] };
const program = (...steps: readonly unknown[]) => ({ watch: 'end', steps });

describe('a saved program of syscalls', () => {
  it('is read, if it is one', () => {
    const names = readdirSync(cases).filter((name) => name.endsWith('.json'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const json: unknown = JSON.parse(readFileSync(join(cases, name), 'utf8'));
      expect(readProgram(json), name).toEqual(json);
    }
    expect(readProgram(program(step))).toEqual(program(step));
  });

  it.each<[unknown, RegExp]>([
    [null, /field ""/],
    [{ steps: [] }, /field "watch"/],
    [program(null), /field "steps.0"/],
    [program({ ...step, call: 'nothing' }), /field "steps.0.call"/],
    [program({ ...step, call: '__proto__' }), /field "steps.0.call"/],
    [program({ ...step, fds: null }), /field "steps.0.fds"/],
    [program({ ...step, makes: null }), /field "steps.0.makes"/],
    [program({ ...step, task: -1 }), /field "steps.0.task"/],
    [program({ ...step, task: 0.5 }), /field "steps.0.task"/],
    [program({ ...step, fds: [] }), /close needs 1 descriptors/],
    [program({ ...step, call: 'recv', numbers: [1] }), /recv needs 1 descriptors, 2 numbers/],
    [program({ ...step, call: 'recv', numbers: [1.5, 0] }), /field "steps.0.numbers.0"/],
    [program({ ...step, call: 'recv', numbers: [1e12, 0] }), /field "steps.0.numbers.0"/],
    [program({ ...step, call: 'recv', numbers: [2 ** 30, 0] }), /more than 16777216 bytes/],
    [program({ ...step, call: 'pipe', numbers: [0], makes: ['a'] }), /2 names to make/],
    [program(...Array.from({ length: 1_001 }, () => step)), /field "steps"/],
  ])('is refused as %j', (json, message) => {
    expect(readProgram(json)).toMatch(message);
  });
});
