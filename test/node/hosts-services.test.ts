import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fuzz, inMacrotask, replay } from 'heddle';
import { expect, test } from 'vitest';
import { type HostPlan, hostsScenario } from '../../src/node/hosts.ts';
import { fileOf, isService, withFile } from '../../src/node/hosts-services.ts';
import { hostText, parseHosts } from '../../src/node/hosts-text.ts';

const SERVER = 'test/node/programs/answers.mjs';

test.each([
  ['postgres', true, undefined],
  ['postgres:./schema.sql', true, './schema.sql'],
  ['postgres:C:\\schema.sql', true, 'C:\\schema.sql'],
  ['http:./stripe.mjs', true, './stripe.mjs'],
  ['redis', true, undefined],
  ['./redis', false, './redis'],
  ['redis:./dump', false, 'redis:./dump'],
  ['postgres.js', false, 'postgres.js'],
])('%s: a service: %s, its file: %s', (program, service, file) => {
  expect(isService({ program })).toBe(service);
  expect(fileOf({ program })).toBe(file);
  const moved = file === undefined ? program : program.replace(file, `up/${file}`);
  expect(withFile(program, (path) => `up/${path}`)).toBe(moved);
});

test('a service is written where a program is, and read back', () => {
  const hosts = parseHosts('db=postgres:./schema.sql,cache=redis,shop=./shop.js --fast');
  expect(hosts.map(({ program }) => program)).toEqual([
    'postgres:./schema.sql',
    'redis',
    './shop.js',
  ]);
  expect(parseHosts(hosts.map(hostText).join(','))).toEqual(hosts);
});

const beside = (plan: Partial<HostPlan>) => () =>
  hostsScenario({
    hosts: [
      { host: 'a', program: SERVER },
      { host: 'b', program: 'redis', ...plan },
    ],
  });

test.each<[string, Partial<HostPlan>, string]>([
  ['an argument', { args: ['--port'] }, 'b is redis, which takes no arguments'],
  ['an environment', { env: { A: '1' } }, 'is written ./redis'],
  ['a folder', { cwd: '.' }, 'b is redis'],
  [
    'a schema that is not there',
    { program: 'postgres:./no.sql' },
    `there is no schema ${resolve('no.sql')}`,
  ],
])('a service with %s is refused', (_, plan, message) => {
  expect(beside(plan)).toThrow(message);
});

const { href } = new URL('./programs/third-party-', import.meta.url);
const programAt = (name: string): string => fileURLToPath(`${href}${name}.mjs`);
const paying = (party: string) =>
  hostsScenario({
    hosts: [
      { host: 'api.pay.com', program: `http:${party}` },
      { host: 'shop', program: programAt('pays') },
    ],
  });

test('a third party is a module, whose handler is made anew for each run', async () => {
  const of = paying(programAt('module'));
  const runs = [0, 1].map(() => inMacrotask(() => replay(of, [], 'clamp', { digest: true })));
  const [one, other] = await Promise.all(runs);
  expect(one?.failure?.message).toBeUndefined();
  expect(other?.digest).toBe(one?.digest);
  const { found } = await inMacrotask(() => fuzz(of, { runs: 200, seed: 1 }));
  expect(found?.failure.message).toMatch(/500/);
});

test.each([
  [resolve('no.mjs'), /there is no third party .*no\.mjs/],
  [programAt('none'), /has to export by default a function/],
])('a third party %s is refused', (party, message) => {
  expect(() => paying(party)).toThrow(message);
});

test('services alone are no scenario', () => {
  expect(() => hostsScenario({ hosts: [{ host: 'db', program: 'postgres' }] })).toThrow(
    'no host has a program',
  );
});
