import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isUserScript, userFrame } from '../../src/sim/schedule/user-frame.ts';

const SRC = join(import.meta.dirname, '../../src');
const scripts = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
/** What a reader of a report looks at as at a program of their own. */
const TOLD = /^(?:models\/(?!userland\/)|scenarios\/)/;

describe('a line of the user', () => {
  it("is none of heddle's own", () => {
    const told = scripts.filter((name) => TOLD.test(name));
    expect(told.length).toBeGreaterThan(0);
    expect(scripts.filter((name) => isUserScript(join(SRC, name)))).toEqual(told);
    expect(scripts.filter((name) => isUserScript(pathToFileURL(join(SRC, name)).href))).toEqual(
      told,
    );
  });

  it('is the first that is not', () => {
    const stack = [
      'Error: connect ECONNREFUSED',
      `    at UvLoop.#enter (${join(SRC, 'node/host/uv-loop.ts')}:586:22)`,
      '    at node:net:1:1',
      '    at Redis.connect (/home/me/node_modules/ioredis/built/Redis.js:1:1)',
    ].join('\n');
    expect(userFrame(stack)).toBeUndefined();
    expect(userFrame(`${stack}\n    at file://${process.cwd()}/app.mjs:3:7`)).toBe('app.mjs:3:7');
  });
});
