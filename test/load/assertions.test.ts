import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, type Scratch, scratchProject } from '../scratch.ts';

// `heddle fuzz FILE` loads tests without their runner; what their scenarios expect has to count.
let project: Scratch;
beforeAll(() => {
  project = scratchProject();
  project.write('package.json', '{ "type": "module" }');
});
afterAll(() => project.remove());

const fuzz = (name: string, text: string): Ended => {
  project.write(name, text);
  return project.shell(`npx heddle fuzz ${name} --runs 5`);
};

/** A scenario with a law, and one with a body, that expect something. */
const expecting = (value: number): string => `
import { realm, scenario } from 'heddle';
export const law = scenario('a law', (world) => {
  world.process('p').spawn('p', function* (sys) { yield* sys.gettid(); });
  world.finally('it is two', () => { expect(${value}).toBe(2); return true; });
});
export const body = realm('a body', async () => { expect(${value}).toBe(2); });
`;

describe('what a scenario expects', () => {
  const runners: Readonly<Record<string, readonly [name: string, head: string]>> = {
    'of vitest': [
      'a.test.ts',
      "import { expect, test } from 'vitest'; test('is not run', () => { expect(1).toBe(2); });",
    ],
    'as a global': ['b.test.ts', "test('is not run', () => { expect(1).toBe(2); });"],
  };
  it.each(Object.entries(runners))('counts: %s', (_, [name, head]) => {
    const red = fuzz(name, head + expecting(1));
    expect(red.err + red.out).toMatch(/expected 1 to be 2/);
    expect(red.out).toContain('2 scenarios, 2 failed');
    const green = fuzz(name, head + expecting(2));
    expect(green.out).toContain('2 scenarios survived');
  });

  it('may be asked of mocks of vitest and of node:test', () => {
    const text = (head: string, made: string, count: string): string => `${head}
import { realm } from 'heddle';
export const body = realm('a body', async () => {
  const told = ${made};
  told(1);
  if (${count} !== 2) throw new Error('told ' + ${count});
});`;
    const vi = fuzz(
      'c.test.ts',
      text("import { vi } from 'vitest'; vi.mock('node:fs');", 'vi.fn()', 'told.mock.calls.length'),
    );
    expect(vi.err + vi.out).toContain('told 1');
    const own = fuzz(
      'd.test.ts',
      text("import { mock } from 'node:test';", 'mock.fn()', 'told.mock.callCount()'),
    );
    expect(own.err + own.out).toContain('told 1');
  });

  it('is refused where its runner is not installed, and does not seem to hold', () => {
    const { out, err, status } = fuzz(
      'e.test.ts',
      `import { expect } from '@jest/globals';${expecting(1)}`,
    );
    expect(err + out).toContain("expect is @jest/globals's, which is not installed");
    expect(status).not.toBe(0);
    expect(out).not.toContain('survived 5 runs');
  });
});
