// Node's own network inside the bodies of realm scenarios, in the realm of the test itself.
import '../../src/realm.ts';
import dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { nothingOpenLaw } from '../../src/node/laws.ts';
import { notesOf } from '../../src/node/notes.ts';
import { check } from '../../src/sim/explore/check.ts';
import { NondeterminismError } from '../../src/sim/explore/determinism.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { type Realm, realm } from '../../src/sim/schedule/realm.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { type Ran, runOnce } from './run.ts';

// It has no types.
const express = createRequire(import.meta.url)('express');

interface Asked {
  readonly body: { readonly n: number; readonly name: string };
}

interface Answer {
  json(value: unknown): void;
  status(code: number): { end(): void };
}

type Body = (world: Realm) => Promise<unknown>;

const ran = (body: Body, randomRun = 0): Promise<Ran> =>
  inMacrotask(() => runOnce(realm('a body', body), randomRun));

/** What the calm run of `body` gives. */
async function calm<T>(body: (world: Realm) => Promise<T>): Promise<T> {
  let given: T | undefined;
  const { result } = await ran(async (world) => {
    given = await body(world);
  });
  if (result.failure !== undefined) throw new Error(result.failure.message);
  return given as T;
}

const failureOf = async (body: Body): Promise<string> =>
  (await ran(body)).result.failure?.message ?? 'none';

const get = (options: http.RequestOptions): Promise<string> =>
  new Promise((resolve, reject) => {
    http
      .get(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      })
      .on('error', reject);
  });

const echo = (): net.Server => net.createServer((socket) => socket.pipe(socket));

const said = (port: number, host = 'localhost'): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, host, () => socket.end('hello'));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
  });

describe('a body has the network of its run', () => {
  it('with net', async () => {
    expect(
      await calm(async () => {
        echo().listen(7000);
        return said(7000);
      }),
    ).toBe('hello');
  });

  it('with http, over an agent for all and one of its own', async () => {
    const texts = await calm(async () => {
      http.createServer(({ url }, response) => response.end(url)).listen(80);
      const agent = new http.Agent({ keepAlive: true });
      return Promise.all([get({ path: '/a' }), get({ path: '/b', agent })]);
    });
    expect(texts).toEqual(['/a', '/b']);
  });

  it('with express and fetch', async () => {
    const answer = await calm(async () => {
      const app = express().use(express.json());
      app.post(
        '/double',
        ({ body }: Asked, response: Answer) => void response.json({ n: 2 * body.n }),
      );
      app.listen(8080);
      const response = await fetch('http://localhost:8080/double', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ n: 21 }),
      });
      return [response.status, await response.json()];
    });
    expect(answer).toEqual([200, { n: 42 }]);
  });

  it('with datagrams', async () => {
    const heard = await calm(
      () =>
        new Promise((resolve) => {
          const socket = dgram.createSocket('udp4').on('message', (bytes) => resolve(`${bytes}`));
          socket.bind(5000, () => socket.send('hello', 5000, 'localhost'));
        }),
    );
    expect(heard).toBe('hello');
  });

  it('and its clock, timers of every kind, and work of the thread pool', async () => {
    const passed = await calm(async () => {
      const began = Date.now();
      await sleep(60_000);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => gzip('x', resolve));
      return Date.now() - began;
    });
    expect(passed).toBe(60_000);
  });
});

describe('a run leaves nothing to the next one', () => {
  const leaves: Body = async () => {
    http.createServer((_, response) => response.end('x')).listen(80);
    echo().listen(7000);
    setInterval(() => {}, 1000);
    setImmediate(function again() {
      setImmediate(again);
    });
    process.on('SIGUSR2', () => {});
    void said(7000);
    await (await fetch('http://localhost')).text();
    await get({ agent: http.globalAgent });
    setTimeout(() => {}, 100).unref();
  };

  it('whatever it has open', async () => {
    const listeners = process.listenerCount('SIGUSR2');
    const first = await ran(leaves);
    for (let i = 0; i < 20; i++) {
      const { result } = await ran(leaves);
      expect(result.failure).toBeUndefined();
      expect(result.digest).toBe(first.result.digest);
    }
    expect(process.listenerCount('SIGUSR2')).toBe(listeners);
  });

  it('and says what it was', async () => {
    const { world } = await ran(leaves);
    const open = notesOf(world).get('localhost')?.open;
    expect(open).toContain('tcp server');
    expect(open).toContain('tcp socket');
    expect(open).toContain('timer');
  });

  it('which a law makes a failure', async () => {
    const failure = await failureOf(async (world) => {
      world.law(nothingOpenLaw);
      echo().listen(7000);
      await said(7000);
    });
    expect(failure).toBe('localhost exits with tcp server open');
  });

  it('a module-level server listens again in each run, a module-level agent connects again', async () => {
    const server = http.createServer((_, response) => response.end('again'));
    const agent = new http.Agent({ keepAlive: true });
    const digests = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const { result } = await ran(async () => {
        server.listen(80);
        expect(await get({ agent })).toBe('again');
      });
      expect(result.failure?.message).toBeUndefined();
      digests.add(result.digest);
    }
    expect(digests.size).toBe(1);
  });

  it('random numbers of every kind are those of its schedule, however many were drawn before', async () => {
    const draw = (): Promise<unknown[]> =>
      calm(async () => [
        Math.random(),
        crypto.randomUUID(),
        (await import('node:crypto')).randomInt(1000),
        [...crypto.getRandomValues(new Uint8Array(4))],
      ]);
    const first = await draw();
    await calm(async () => crypto.randomUUID());
    expect(await draw()).toEqual(first);
  });
});

/** Bodies whose runs differ in what comes first. */
const VARIED: Readonly<Record<string, Body>> = {
  http: async () => {
    http.createServer((_, response) => response.end('x')).listen(80);
    await Promise.all([get({}), get({})]);
  },
  fetch: async () => {
    http.createServer((_, response) => setTimeout(() => response.end('x'), 2)).listen(80);
    const ask = async (): Promise<string> => (await fetch('http://localhost')).text();
    await Promise.all([ask(), ask()]);
  },
  'a fetch that is given up': async () => {
    http.createServer(() => {}).listen(80);
    await fetch('http://localhost', { signal: AbortSignal.timeout(500) }).catch(() => {});
  },
  'three hosts': async (world) => {
    const db = world.host('db');
    await db.run(async () => void http.createServer((_, r) => r.end('x')).listen(80));
    const ask = async (): Promise<string> => (await fetch('http://db')).text();
    await Promise.all(['a', 'b'].map((name) => world.host(name).run(ask)));
  },
};

describe('one schedule is one digest', () => {
  it.each(Object.entries(VARIED))('of %s', async (_, body) => {
    const scenario = realm('varied', body);
    const digests = (order: readonly number[]): Promise<Map<number, string>> =>
      inMacrotask(() => new Map(order.map((i) => [i, runOnce(scenario, i).result.digest])));
    const order = Array.from({ length: 40 }, (__, i) => i + 1);
    const first = await digests(order);
    expect(new Set(first.values()).size).toBeGreaterThan(20);
    const again = await digests(order.reverse());
    for (const [i, digest] of first) expect(again.get(i)).toBe(digest);
  });
});

it('what passes from run to run is found by the check, and named as far as it is known', async () => {
  const shared = globalThis as unknown as Record<string, number>;
  const counts = realm('counts', async () => {
    shared['madeByARun'] = (shared['madeByARun'] ?? 0) + 1;
    http
      .createServer((_, response) => response.end('x'.repeat(shared['madeByARun'] ?? 0)))
      .listen(80);
    await get({});
  });
  const error = await check(counts, { runs: 5, folder: false }).catch((thrown) => thrown);
  delete shared['madeByARun'];
  expect(error).toBeInstanceOf(NondeterminismError);
  expect(error.message).toContain('new since the first run: madeByARun');
  expect(error.message).toContain('world.import');
});

describe('outside of runs the realm is the real one', () => {
  it('its clock, its randomness and its process id', async () => {
    const { pid } = process;
    const [before, now] = [Date.now(), performance.now()];
    await calm(async () => {
      await sleep(3_600_000);
      expect(process.pid).not.toBe(pid);
    });
    expect(process.pid).toBe(pid);
    expect(Date.now() - before).toBeLessThan(3_600_000);
    expect(performance.now() - now).toBeLessThan(3_600_000);
  });

  it('its sockets, also while runs are made between their events', async () => {
    const server = echo();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const asked = said(port, '127.0.0.1');
    expect(
      await calm(async () => {
        echo().listen(port);
        return said(port);
      }),
    ).toBe('hello');
    expect(await asked).toBe('hello');
    server.close();
  });

  it('and what a test runner sets a timer for in the middle of a run', async () => {
    const realm = globalThis as unknown as Record<symbol, typeof globalThis>;
    const [kept] = Object.getOwnPropertySymbols(realm).filter(
      ({ description }) => description === 'vitest:SAFE_TIMERS',
    );
    const timers = realm[kept as symbol] as typeof globalThis;
    const heard: string[] = [];
    let comes: Promise<void> | undefined;
    await calm(async () => {
      comes = new Promise((resolve) => timers.setTimeout(resolve, 1)).then(() => {
        heard.push('comes');
      });
      timers.clearTimeout(timers.setTimeout(() => heard.push('never'), 1));
      await sleep(1000);
      expect(heard).toEqual([]);
    });
    await comes;
    expect(heard).toEqual(['comes']);
  });

  it('its timers and immediates, set before a run and due after it', async () => {
    const heard: string[] = [];
    const timer = new Promise<void>((resolve) =>
      setTimeout(() => {
        heard.push('timer');
        resolve();
      }, 5),
    );
    const immediate = new Promise<void>((resolve) =>
      setImmediate(() => {
        heard.push('immediate');
        resolve();
      }),
    );
    await calm(async () => {
      await sleep(1000);
      heard.push('run');
    });
    await Promise.all([timer, immediate]);
    expect(heard.sort()).toEqual(['immediate', 'run', 'timer']);
  });
});

describe('what goes wrong ends its own run, and the next one is fine', () => {
  const THROWS: Readonly<Record<string, Body>> = {
    'a timer': async () => {
      setTimeout(() => {
        throw new Error('on purpose');
      }, 5);
      await sleep(10);
    },
    'an immediate': async () => {
      setImmediate(() => {
        throw new Error('on purpose');
      });
      await sleep(10);
    },
    'a tick': async () => {
      process.nextTick(() => {
        throw new Error('on purpose');
      });
      await sleep(10);
    },
    'a microtask': async () => {
      queueMicrotask(() => {
        throw new Error('on purpose');
      });
      await sleep(10);
    },
    'a connection': async () => {
      net
        .createServer(() => {
          throw new Error('on purpose');
        })
        .listen(7000);
      await said(7000);
    },
    'a request handler': async () => {
      http
        .createServer(() => {
          throw new Error('on purpose');
        })
        .listen(80);
      await get({});
    },
    'a rejection': async () => {
      void Promise.reject(new Error('on purpose'));
      await sleep(10);
    },
    'the body': async () => {
      await sleep(1);
      throw new Error('on purpose');
    },
  };

  it.each(Object.entries(THROWS))('an error out of %s', async (_, body) => {
    for (let i = 0; i < 3; i++) expect(await failureOf(body)).toContain('on purpose');
    expect(await calm(async () => 'fine')).toBe('fine');
  });

  it('process.exit', async () => {
    const { exitCode } = process;
    const exits: Body = async () => {
      setTimeout(() => process.exit(3), 5);
      await sleep(10);
    };
    expect(await failureOf(exits)).toContain('process.exit(3) was called');
    expect(process.exitCode).toBe(exitCode);
  });

  it('a body that waits for ever, with a server whose own timers never end', async () => {
    const waits: Body = async () => {
      http.createServer(() => {}).listen(80);
      await new Promise(() => {});
    };
    expect(await failureOf(waits)).toMatch(/test can never end.*tcp server/);
  });

  it('but a fetch that is never answered ends by its own time-out', async () => {
    const waits: Body = async () => {
      http.createServer(() => {}).listen(80);
      await fetch('http://localhost');
    };
    expect(await failureOf(waits)).toContain('fetch failed');
  });

  it('HTTP/2, which needs turns of the real event loop', async () => {
    const { createServer, connect } = await import('node:http2');
    const asks: Body = async () => {
      createServer((_, response) => response.end('x')).listen(80);
      const stream = connect('http://localhost').request({ ':path': '/' });
      await new Promise((resolve) => stream.on('data', resolve));
    };
    expect(await failureOf(asks)).toContain('HTTP/2');
    expect(await calm(async () => 'fine')).toBe('fine');
  });
});

describe('hosts', () => {
  it('have addresses, names and agents of their own', async () => {
    const seen = await calm(async (world) => {
      const all: (string | undefined)[] = [];
      await world.host('db').run(async () => {
        all.push(hostname());
        http
          .createServer((request, response) => {
            all.push(hostname(), request.socket.remoteAddress);
            response.end('x');
          })
          .listen(80);
      });
      for (const name of ['web', 'cron', 'web']) {
        await world.host(name).run(async () => {
          await (await fetch('http://db')).text();
          await sleep(1);
          await get({ host: 'db', agent: http.globalAgent });
          all.push(hostname());
        });
      }
      all.push((await lookup('cron')).address, hostname());
      return all;
    });
    const web = ['db', '::ffff:10.0.0.3', 'db', '::ffff:10.0.0.3', 'web'];
    const cron = ['db', '::ffff:10.0.0.4', 'db', '::ffff:10.0.0.4', 'cron'];
    expect(seen).toEqual(['db', ...web, ...cron, ...web, '10.0.0.4', 'localhost']);
  });

  it('are as far apart as is said, and may be parted', async () => {
    const times = await calm(async (world) => {
      world.host('db').run(() => echo().listen(7000));
      await sleep(1);
      world.delay('localhost', 'db', 10, 10);
      const timed = async (): Promise<number> => {
        const began = Date.now();
        await said(7000, 'db');
        return Date.now() - began;
      };
      const far = await timed();
      world.partition('localhost', 'db', 5_000);
      return [far, await timed()];
    });
    expect(times[0]).toBeGreaterThanOrEqual(10);
    expect(times[0]).toBeLessThan(100);
    expect(times[1]).toBeGreaterThanOrEqual(5_000);
  });

  it('crash: their sockets are closed, their timers never come; and start again', async () => {
    const heard = await calm(async (world) => {
      const all: string[] = [];
      const db = world.host('db');
      const start = (): void =>
        db.run(() => {
          echo().listen(7000);
          setInterval(() => all.push('tick'), 10);
          setImmediate(() => all.push('immediate'));
        });
      start();
      const socket = net.connect(7000, 'db');
      await new Promise((resolve) => socket.on('connect', resolve));
      const closed = new Promise((resolve) => socket.on('close', resolve));
      await sleep(25);
      all.push('crash');
      db.crash();
      await closed;
      await sleep(100);
      all.push(await said(7000, 'db').catch(({ code }) => code));
      start();
      all.push(await said(7000, 'db'));
      return all;
    });
    expect(heard.filter((each) => each !== 'tick')).toEqual([
      'immediate',
      'crash',
      'ECONNREFUSED',
      'immediate',
      'hello',
    ]);
    expect(heard.indexOf('tick')).toBeLessThan(heard.indexOf('crash'));
    expect(heard.slice(heard.indexOf('crash'), heard.indexOf('ECONNREFUSED'))).toEqual(['crash']);
  });
});

describe('a race between two requests', () => {
  /** A seat is looked at, and taken after an `await`. */
  const seats = (fixed: boolean): Scenario =>
    realm('a seat is sold once', async () => {
      let holder: string | undefined;
      const app = express().use(express.json());
      app.post('/seat', async ({ body }: Asked, response: Answer) => {
        const free = holder === undefined;
        if (fixed && free) holder = body.name;
        await sleep(1);
        if (free) holder = body.name;
        response.status(free ? 200 : 409).end();
      });
      app.listen(8080);
      const take = async (name: string): Promise<number> => {
        await sleep(name === 'ann' ? 1 : 4);
        const response = await fetch('http://localhost:8080/seat', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name }),
        });
        return response.status;
      };
      const answers = await Promise.all([take('ann'), take('bob')]);
      expect(answers.sort()).toEqual([200, 409]);
    });

  it('is found, shrunk, and gone once it is fixed', async () => {
    const { found } = await inMacrotask(() => fuzz(seats(false), { runs: 50, seed: 1 }));
    expect(found?.failure.message).toMatch(/409/);
    const fixed = await inMacrotask(() => fuzz(seats(true), { runs: 50, seed: 1 }));
    expect(fixed.found?.failure.message).toBeUndefined();
  });
});
