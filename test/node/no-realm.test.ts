// A realm scenario where Node's own network has not been put into the realm.
import dgram from 'node:dgram';
import http from 'node:http';
import net from 'node:net';
import { expect, it } from 'vitest';
import { type Realm, realm, runAsync } from '../../src/index.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';

const REACHES: Readonly<Record<string, (world: Realm) => unknown>> = {
  listens: () => net.createServer().listen(0),
  connects: () => net.connect(1),
  'asks by http': () => http.get({ port: 1 }),
  'sends a datagram': () => dgram.createSocket('udp4').send('x', 1),
  'has a host': (world) => world.host('db').run(() => {}),
  'imports again': (world) => world.import('./program.test.ts'),
};

it.each(Object.entries(REACHES))('a body that %s is told what to load', async (_, reach) => {
  const each = realm('a body', async (world) => reach(world));
  const { failure } = await runAsync(each, { strategy: new Calm() });
  expect(failure?.message).toContain("setupFiles: ['heddle/realm']");
});

it('outside of runs the network is there', async () => {
  const server = net.createServer().listen(0);
  await new Promise((resolve) => server.on('listening', resolve));
  server.close();
});
