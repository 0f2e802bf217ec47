import { describe, expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Both } from './both.ts';
import { runOnce } from './run.ts';

const both = new Both();

/** A callback of each kind that throws. */
const KINDS = {
  'a timer': 'setTimeout(() => { throw error; }, 2);',
  'an interval': 'const again = setInterval(() => { clearInterval(again); throw error; }, 2);',
  'an immediate': 'setImmediate(() => { throw error; });',
  'a tick': 'process.nextTick(() => { throw error; });',
  'a microtask': 'queueMicrotask(() => { throw error; });',
  'a promise': 'Promise.reject(error);',
  'a callback of fs': "require('node:fs').stat('/', () => { throw error; });",
  'a callback of dns': "require('node:dns').lookup('localhost', () => { throw error; });",
  'a callback of zlib': "require('node:zlib').gzip('x', () => { throw error; });",
  'a callback of crypto': "require('node:crypto').randomBytes(4, () => { throw error; });",
  'a server that accepts': `const server = require('node:net').createServer(() => { throw error; });
    server.listen(0, () => {
      require('node:net').connect(server.address().port).unref();
      setTimeout(() => process.exit(), 50).unref();
    });`,
  'a read': `const net = require('node:net');
    const server = net.createServer((socket) => { server.close(); socket.end('x'); });
    server.listen(0, () => {
      net.connect(server.address().port).on('data', () => { throw error; });
    });`,
  'a request handler': `const http = require('node:http');
    const server = http.createServer(() => { server.close(); throw error; });
    server.listen(0, () => {
      const request = http.get({ port: server.address().port, agent: false });
      request.on('error', () => {});
      setTimeout(() => request.destroy(), 500);
    });`,
  'a datagram': `const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', () => { socket.close(); throw error; });
    socket.bind(0, () => socket.send('x', socket.address().port));`,
  'a closing callback': `const server = require('node:net').createServer().listen(0, () => {
      server.close(() => { throw error; });
    });`,
};

/** Thrown where it is made: Node shows the line of the one, heddle else of the other. */
const THROWS = Object.entries(KINDS).map(
  ([from, throws]) =>
    [from, throws.replace(/\berror\b(?=[;)])/, "new Error('on purpose')")] as const,
);

/** Each says what was heard, and that the program goes on. */
const HEARS = {
  uncaughtException: `process.on('uncaughtException', ({ message }, origin) => {
      console.log('heard', message, origin);
      setTimeout(() => console.log('goes on'), 5);
    });`,
  'its domain': `const domain = require('node:domain').create();
    domain.on('error', ({ message }) => {
      console.log('heard', message);
      setTimeout(() => console.log('goes on'), 5);
    });
    domain.enter();
    process.nextTick(() => domain.exit());`,
} as const;

/** What Node prints, but for what a frame's function was called on. */
const printed = (err: string): string =>
  err
    .replace(/^( {4}at )[^( ]*\./gm, '$1')
    // It is found by what of `process` it is.
    .replace('_fatalException (', '<anonymous> (');

describe('an error that nobody catches, as under Node:', () => {
  describe.each(Object.entries(HEARS))('heard by %s', (_, hears) => {
    // A domain is asked for at each callback, not for what has no resource.
    it('out of each kind of callback', () => {
      for (const [from, throws] of THROWS) {
        const path = both.file(`${hears}\n${throws}`);
        const real = both.real(path);
        expect.soft({ from, ...both.simulated(path) }).toEqual({ from, ...real });
        expect.soft(real.out).toContain('on purpose');
      }
    }, 120_000);
  });

  it('heard by nobody, it ends the program with the message and the code', () => {
    const last = "process.on('exit', (code) => console.log('exit', code, process.exitCode));";
    for (const [from, throws] of THROWS) {
      const path = both.file(`${last}\n${throws}`);
      const real = both.real(path);
      const { out, err, code } = both.simulated(path);
      expect.soft({ from, out, code, err: printed(err) }).toEqual({
        from,
        out: real.out,
        code: 1,
        err: printed(real.err),
      });
      // Below the program there is what called it: nothing of heddle's.
      expect.soft(err, from).not.toContain('preload');
    }
  }, 120_000);

  it('thrown by who hears it, it ends the program with code 7', () => {
    const path = both.file(`process.on('uncaughtException', () => { throw new Error('again'); });
      setTimeout(() => { throw new Error('first'); }, 1);`);
    const real = both.real(path);
    const { err, code } = both.simulated(path);
    expect(real.code).toBe(7);
    expect([code, printed(err)]).toEqual([7, printed(real.err)]);
  });

  it('fails the test whose callback threw it, and no other', () => {
    const path = both.write(
      'own.test.mjs',
      `import fs from 'node:fs';
       import test from 'node:test';
       test('first', (t, done) => { setTimeout(done, 20); });
       test('second', (t, done) => {
         fs.stat('/', () => {
           setTimeout(done, 20);
           throw new Error('of the second');
         });
       });
       test('third', (t, done) => { setTimeout(done, 20); });`,
    );
    const outcomes = (args: readonly string[]): string[] =>
      [
        ...both.node([...args, '--test-reporter', 'tap', path]).out.matchAll(/^(?:not )?ok .*$/gm),
      ].map(([line]) => line);
    const real = outcomes([]);
    expect(real).toEqual(['ok 1 - first', 'not ok 2 - second', 'ok 3 - third']);
    expect(outcomes(['--import', both.preload])).toEqual(real);
  });

  it('after a callback that threw, ticks wait for the next one, and timers go on', () => {
    const path = both.file(`process.on('uncaughtException', ({ message }) => console.log(message));
      setTimeout(() => {
        process.nextTick(() => console.log('tick of the first'));
        throw new Error('first');
      }, 1);
      setTimeout(() => console.log('second'), 1);
      setImmediate(() => {
        process.nextTick(() => { throw new Error('tick'); });
        process.nextTick(() => console.log('tick behind it'));
      });
      setImmediate(() => console.log('immediate behind it'));`);
    const busy = 'const end = process.hrtime()[1]; while (process.hrtime()[1] - end < 3e6);';
    const real = both.real(both.write('busy.cjs', `${busy}require('${path}')`));
    expect(both.simulated(path).out.split('\n').sort()).toEqual(real.out.split('\n').sort());
  });
});

describe('a program on a host', () => {
  const run = (text: string) => {
    const path = both.file(text);
    return runOnce(
      scenario('one program', (world) => {
        world.process('program').spawn('program', nodeProgram(path), { daemon: false });
      }),
    );
  };

  it('hears of its errors, and goes on', () => {
    for (const [from, throws] of THROWS) {
      const { result, world } = run(`${HEARS.uncaughtException}\n${throws}`);
      expect.soft([from, result.failure]).toEqual([from, undefined]);
      expect.soft(world.output('program')).toMatch(/heard on purpose \w+\n(.*\n)*goes on\n/);
    }
  }, 120_000);

  it('dies of what it does not hear, and that is the failure of its run', () => {
    for (const [, throws] of THROWS) {
      const { result } = run(`${throws}`);
      expect.soft(result.failure?.message).toContain('on purpose');
    }
  }, 120_000);
});
