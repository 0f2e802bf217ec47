// Reports of realm scenarios on Node's own network, word for word: both sides of what ran into each
// other. `npx vitest run test/report/realm.test.ts -u` writes them again; read what it wrote.
import '../../src/realm.ts';
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { news } from '../../examples/polling/scenario.ts';
import { seat } from '../../examples/seats/scenario.ts';
import { thing } from '../../examples/shop/scenario.ts';
import { chat } from '../../examples/ws-chat/scenario.ts';
import { inMacrotask, realm } from '../../src/index.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { expectGolden, overtakenIn, placeOf, reportOf } from './realm/reports.ts';
import { order, requests, stock } from './realm/scenarios.ts';

const seats = 'examples/seats/server.mjs';
const shop = 'examples/shop/server.mjs';
const room = 'examples/ws-chat/server.mjs';

describe('a report of Node code in the realm names the await that was overtaken, and by what', () => {
  it.each([
    ['seats', seat('server'), [seats, 'await store.holder'], [seats, 'app.post(']],
    ['shop', thing('server'), [shop, 'await store.read'], [shop, /^http$/]],
    ['ws-chat', chat('server'), [room, 'await store.read'], [room, "socket.on('message'"]],
  ] as const)('%s', async (_, scenario, overtaken, by) => {
    const report = await reportOf(scenario);
    const [one, other] = [placeOf(overtaken), placeOf(by)];
    expect(overtakenIn(report)).toMatch(new RegExp(`the await at ${one} .+, by .+ ${other} `));
    const [expectation] = /✗ .+/.exec(report) ?? [];
    expect(expectation).toMatch(/test throws AssertionError: .+\/scenario\.ts:\d+$/);
  });

  it.each([
    ['realm-requests', requests],
    ['realm-order', order],
    ['realm-stock', stock],
    ['realm-polling', news],
  ] as const)('%s', async (name, scenario) => {
    await expectGolden(name, await reportOf(scenario));
  });
});

it('what code does after the answer of a service stands behind that answer', async () => {
  const asks = realm('asks, and then listens', async (world) => {
    const service = world.service('service', { ask: async () => 80 });
    const port = await service.ask();
    const server = net.createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
  });
  const { recorder } = await inMacrotask(() => recordRun(asks, []));
  const done = recorder.words.map(({ who, did }) => `${who} ${did}`);
  const at = (text: string): number => done.findIndex((one) => one.startsWith(text));
  expect(at('service ask() answers')).toBeGreaterThan(0);
  expect(at('localhost listens')).toBeGreaterThan(at('service ask() answers'));
});
