// HTTP servers of somebody else's: functions of the test behind simulated hosts.
import 'heddle/realm';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import {
  type Found,
  fuzz,
  type HttpFault,
  type HttpHandler,
  inMacrotask,
  nodeProgram,
  nothingOpenLaw,
  programNotes,
  type Realm,
  type RunResult,
  realm,
  replay,
  type Scenario,
  scenario,
  shrink,
  type World,
} from 'heddle';
import { describe, expect, test } from 'vitest';
import { authority } from '../../src/node/authority.ts';

const calm = (of: Scenario): Promise<RunResult> =>
  inMacrotask(() => replay(of, [], 'clamp', { digest: true }));

/** What a body gives in the calm run of a realm with this third party. */
async function valueBeside<T>(handler: HttpHandler, body: (world: Realm) => Promise<T>) {
  let value: T | undefined;
  const of = realm('beside a third party', async (world) => {
    world.host('api.pay.com').http(handler);
    value = await body(world);
  });
  const { failure } = await calm(of);
  expect(failure?.message).toBeUndefined();
  return value;
}

/** What comes back on a connection of one's own; `pieces` are sent one after the other. */
async function spoken(...pieces: readonly string[]): Promise<string> {
  const socket = net.connect(80, 'api.pay.com');
  const all = text(socket);
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  socket.end();
  return all;
}

const tells: HttpHandler = async (request) =>
  Response.json(
    {
      method: request.method,
      url: request.url,
      said: await request.text(),
      a: request.headers.get('x-a'),
    },
    { status: 201, headers: { 'x-b': '2' } },
  );

describe('in a realm', () => {
  test('fetch, with what both sides say', async () => {
    const value = await valueBeside(tells, async () => {
      const init = { method: 'POST', body: 'twelve', headers: { 'x-a': '1' } };
      const answer = await fetch('http://api.pay.com/charges?a=b', init);
      return [answer.status, answer.headers.get('x-b'), await answer.json()];
    });
    const url = 'http://api.pay.com/charges?a=b';
    expect(value).toEqual([201, '2', { method: 'POST', url, said: 'twelve', a: '1' }]);
  });

  test('node:http: chunks, an invitation, and one connection for several requests', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const ask = async (headers: http.OutgoingHttpHeaders) => {
      const request = http.request({ host: 'api.pay.com', method: 'PUT', agent, headers });
      request.on('continue', () => request.end('go on'));
      request.write('a ');
      if (headers['expect'] === undefined) request.end('b');
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      ports.add(response.socket.localPort);
      return JSON.parse(await text(response)).said;
    };
    const value = await valueBeside(tells, async () => [
      await ask({}),
      await ask({ expect: '100-continue' }),
      await ask({ 'content-length': 3 }),
    ]);
    expect(value).toEqual(['a b', 'a go on', 'a b']);
    expect(ports.size).toBe(1);
  });

  test('HEAD and statuses without a body', async () => {
    const value = await valueBeside(
      ({ method }) =>
        method === 'HEAD' ? new Response('unseen') : new Response(null, { status: 204 }),
      async () => {
        const head = await fetch('http://api.pay.com/', { method: 'HEAD' });
        const none = await fetch('http://api.pay.com/');
        return [head.headers.get('content-length'), await head.text(), none.status];
      },
    );
    expect(value).toEqual(['6', '', 204]);
  });

  test('requests that come together are answered in their order', async () => {
    const late: HttpHandler = async ({ url }) => {
      await new Promise((resolve) => setTimeout(resolve, url.endsWith('/1') ? 100 : 1));
      return new Response(new URL(url).pathname);
    };
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: api.pay.com\r\n\r\n`;
    const value = await valueBeside(late, () => spoken(get('/1') + get('/2')));
    expect(value?.match(/^\/\d/gm)).toEqual(['/1', '/2']);
  });

  test.each([
    ['no request', 'hello\r\n\r\n'],
    ['a method that the Fetch API refuses', 'TRACE / HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['no length', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n\r\n'],
  ])('%s is answered with 400', async (_, said) => {
    const value = await valueBeside(tells, () => spoken(said));
    expect(value).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('what comes in pieces is one request, and HTTP/1.0 is the last one', async () => {
    const pieces = ['POST / HT', 'TP/1.0\r\nhost: a\r\ncontent-le', 'ngth: 4\r\n\r\nab', 'cd'];
    const value = await valueBeside(tells, () => spoken(...pieces));
    expect(value).toMatch(/connection: close\r\n.*"said":"abcd"/s);
  });

  test('https: trusted by the run, by its name alone, and by nobody outside of it', async () => {
    const failing = (options: https.RequestOptions) =>
      new Promise((heard) => https.get(options).on('error', ({ message }) => heard(message)));
    const value = await valueBeside(tells, async () => {
      const answer = await fetch('https://api.pay.com/charges');
      const got = await new Promise<http.IncomingMessage>((heard, failed) =>
        https.get('https://api.pay.com/other', heard).on('error', failed),
      );
      return [
        ((await answer.json()) as { url: string }).url,
        JSON.parse(await text(got)).url,
        await failing({ host: 'api.pay.com', servername: 'api.other.com' }),
        await failing({ host: 'api.pay.com', ca: tls.rootCertificates[0] as string }),
      ];
    });
    expect(value).toEqual([
      'https://api.pay.com/charges',
      'https://api.pay.com/other',
      expect.stringContaining("does not match certificate's altnames"),
      expect.stringMatching(/unable to get|self.signed/),
    ]);
    // Outside of runs a certificate of the same authority is one of nobody's.
    const server = https.createServer(authority().of('localhost')).listen(0);
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    expect(await failing({ host: 'localhost', port })).toMatch(/unable to |self.signed/);
    server.close();
  });

  test('without TLS there is nobody at 443', async () => {
    const of = realm('beside a third party', async (world) => {
      world.host('api.pay.com').http(tells, { tls: false });
      await fetch('https://api.pay.com/').catch(({ cause }) =>
        expect(cause.code).toBe('ECONNREFUSED'),
      );
    });
    expect((await calm(of)).failure?.message).toBeUndefined();
  });

  test('what a third party has open is not what the test leaves open', async () => {
    const of = realm('beside a third party', async (world) => {
      world.host('api.pay.com').http(tells);
      world.law(nothingOpenLaw);
      const agent = new https.Agent();
      const [answer] = await once(https.get('https://api.pay.com/', { agent }), 'response');
      await text(answer);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect((await calm(of)).failure?.message).toBeUndefined();
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no card');
      },
      /no card/,
    ],
    ['gives no Response', () => ({ status: 200 }), /api\.pay\.com gave .* which is no Response/],
  ])('a function that %s is an error of the test', async (_, handler, message) => {
    const of = realm('beside a third party', async (world) => {
      world.host('api.pay.com').http(handler as HttpHandler);
      await fetch('http://api.pay.com/');
    });
    expect((await calm(of)).failure?.message).toMatch(message);
  });

  test('a webhook: what is sent, the status of the answer, and when there is none', async () => {
    const told: unknown[] = [];
    await valueBeside(
      async (_, party) => {
        told.push(await party.webhook('http://shop:8080/a?b', { paid: 1 }, { 'x-signature': 's' }));
        told.push(await party.webhook('http://shop:8080/', 'text'));
        for (const url of ['http://shop:9/', 'http://localhost:8080/', 'https://shop/']) {
          told.push(await new Promise((heard) => heard(party.webhook(url, 1))).catch(String));
        }
        return new Response();
      },
      async (world) => {
        world.host('shop').run(() =>
          http
            .createServer(async (request, response) => {
              const { method, url, headers } = request;
              const type = headers['content-type'];
              told.push([method, url, type, headers['x-signature'], await text(request)]);
              response.writeHead(202).end();
            })
            .listen(8080),
        );
        await fetch('http://api.pay.com/');
      },
    );
    expect(told).toEqual([
      ['POST', '/a?b', 'application/json', 's', '{"paid":1}'],
      202,
      ['POST', '/', 'text/plain', undefined, 'text'],
      202,
      expect.stringMatching(/the webhook to http:\/\/shop:9\/ has failed: .*ECONNREFUSED/),
      expect.stringMatching(/put who gets it on a host of its own/),
      expect.stringMatching(/goes to http:/),
    ]);
  });
});

describe('faults', () => {
  const asking = (fault: HttpFault, seen: { calls: number }): Scenario =>
    realm(`a third party with ${fault}`, async (world) => {
      seen.calls = 0;
      world.host('api.pay.com').http(
        () => {
          seen.calls++;
          return new Response('paid');
        },
        { tls: false, faults: [fault] },
      );
      const signal = AbortSignal.timeout(120_000);
      const { status } = await fetch('http://api.pay.com/', { signal });
      expect([status, world.nowMs < 50]).toEqual([200, true]);
    });

  test.each<[HttpFault, RegExp, number]>([
    ['429', /429/, 0],
    ['500', /500/, 0],
    ['late', /false/, 1],
    ['silent', /timeout/, 1],
  ])('%s: the calm run has none, and a search meets it', async (fault, message, calls) => {
    const seen = { calls: -1 };
    const of = asking(fault, seen);
    expect((await calm(of)).failure?.message).toBeUndefined();
    expect(seen.calls).toBe(1);
    const { found } = await inMacrotask(() => fuzz(of, { runs: 100, seed: 1 }));
    expect(found?.failure.message).toMatch(message);
    const { failure } = await inMacrotask(() => replay(of, found?.decisions ?? [], 'strict'));
    expect(failure?.message).toMatch(message);
    expect(seen.calls).toBe(calls);
  });

  test('what is left is that it may strike, and that it does', async () => {
    const of = asking('500', { calls: 0 });
    const { found } = await inMacrotask(() => fuzz(of, { runs: 100, seed: 1 }));
    const { decisions } = await inMacrotask(() => shrink(of, found as Found));
    expect(decisions.filter((choice) => choice !== 0)).toHaveLength(2);
  });

  test('one that is none is refused', async () => {
    const { failure } = await calm(asking('503' as HttpFault, { calls: 0 }));
    expect(failure?.message).toMatch(/there is no fault 503 of a third party: 429, 500, late,/);
  });
});

describe('beside Node programs', () => {
  const programs = new URL('./programs/', import.meta.url);
  let said = '';
  const shop = (payAt: string): Scenario =>
    scenario('a shop pays at a third party', (world: World) => {
      world.host('api.pay.com').http(async (request, party) => {
        const seat = await request.text();
        void party.webhook('http://shop:8080/paid', { seat });
        return Response.json({ paid: seat }, { status: 201 });
      });
      const start = (name: string, env = {}): ReturnType<typeof nodeProgram> =>
        nodeProgram(new URL(`third-party-${name}.mjs`, programs), { env });
      world
        .host('shop')
        .process('shop')
        .spawn('shop', start('shop', { PAY_AT: payAt }));
      world
        .host('client')
        .process('client')
        .spawn('client', start('client'), { afterListen: ['shop'] });
      world.finally('the shop hears of the payment', () => {
        said = programNotes(world, 'shop')?.said.out ?? '';
        return said === 'paid {"seat":"12A"}' || `it has said ${said}`;
      });
    });

  test.each(['http', 'https'])(
    '%s: the run waits for webhooks, and two runs of one schedule are the same',
    async (scheme) => {
      const of = shop(`${scheme}://api.pay.com/`);
      const runs = [await calm(of), await calm(of)];
      for (const { failure } of runs) expect(failure?.message).toBeUndefined();
      expect(runs[0]?.digest).toBe(runs[1]?.digest);
      const { found } = await inMacrotask(() => fuzz(of, { runs: 10, seed: 1 }));
      expect(found?.failure.message).toBeUndefined();
    },
  );
});
