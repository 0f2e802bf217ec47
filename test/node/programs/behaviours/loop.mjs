// The order of Node's phases: ticks, microtasks, timers, immediates, closing callbacks.
import fs from 'node:fs';
import net from 'node:net';
import {
  setImmediate as immediate,
  setInterval as interval,
  setTimeout as sleep,
} from 'node:timers/promises';

/** What is noted until nothing more comes. */
const noted = async (program, ms = 30) => {
  const seen = [];
  program((what) => seen.push(what));
  await sleep(ms);
  return seen;
};

export const TABLE = {
  'ticks before microtasks, in a callback': () =>
    noted((note) =>
      setTimeout(() => {
        Promise.resolve().then(() => note('microtask'));
        process.nextTick(() => note('tick'));
      }, 1),
    ),
  'a tick of a microtask comes after all microtasks': () =>
    noted((note) =>
      setImmediate(() => {
        queueMicrotask(() => {
          note(1);
          process.nextTick(() => note('tick'));
        });
        queueMicrotask(() => note(2));
      }),
    ),
  'timers of one time come in their order': () =>
    noted((note) => {
      for (const at of [1, 2, 3]) setTimeout(note, 5, at);
    }),
  'timers come by their time': () =>
    noted((note) => {
      for (const ms of [9, 3, 6]) setTimeout(note, ms, ms);
    }),
  'ticks between two timers': () =>
    noted((note) => {
      setTimeout(() => {
        note(1);
        process.nextTick(() => note('tick'));
      }, 3);
      setTimeout(() => note(2), 3);
    }),
  'an immediate set by an immediate waits for the next turn': () =>
    noted((note) => {
      setImmediate(() => {
        note(1);
        setImmediate(() => note(3));
      });
      setImmediate(() => note(2));
    }),
  'ticks between two immediates': () =>
    noted((note) => {
      setImmediate(() => {
        note(1);
        process.nextTick(() => note('tick'));
      });
      setImmediate(() => note(2));
    }),
  'a cleared immediate does not come': () =>
    noted((note) => {
      const second = setImmediate(note, 'second');
      setImmediate(() => clearImmediate(second));
      clearImmediate(setImmediate(note, 'first'));
    }),
  'a cleared timer does not come': () =>
    noted((note) => {
      const second = setTimeout(note, 25, 'second');
      setTimeout(() => clearTimeout(second), 2);
    }),
  'an interval comes until it is cleared': () =>
    noted((note) => {
      let times = 0;
      const again = setInterval(() => {
        note(++times);
        if (times === 3) clearInterval(again);
      }, 2);
    }),
  'refresh begins again': () =>
    noted((note) => {
      const timer = setTimeout(note, 10, 'late');
      setTimeout(() => timer.refresh(), 6);
      setTimeout(note, 13, 'between');
    }, 60),
  'a timer of 0 is one of 1': () =>
    noted((note) => {
      setTimeout(note, 1, 'one');
      setTimeout(note, 0, 'zero');
    }),
  'an immediate comes before a timer that an I/O callback sets': () =>
    noted((note) => {
      const server = net.createServer((socket) => {
        socket.destroy();
        server.close();
      });
      server.listen(0, () => {
        net
          .connect(server.address().port, '127.0.0.1', () => {
            setTimeout(() => note('timer'), 0);
            setImmediate(() => note('immediate'));
          })
          .on('error', () => {});
      });
    }),
  'a closing callback comes after the immediates': () =>
    noted((note) => {
      const server = net.createServer().listen(0, () =>
        setImmediate(() => {
          server.close(() => note('closed'));
          setImmediate(() => note('immediate of the next turn'));
          process.nextTick(() => note('tick'));
        }),
      );
    }),
  'timers/promises give their values': async () => [await sleep(1, 'a'), await immediate('b')],
  'an interval as an iterator': async () => {
    const seen = [];
    for await (const value of interval(1, 'x')) if (seen.push(value) === 3) break;
    return seen;
  },
  'AbortSignal.timeout': () =>
    new Promise((resolve) => {
      const keep = setTimeout(() => {}, 1_000);
      AbortSignal.timeout(5).addEventListener('abort', ({ target }) => {
        clearTimeout(keep);
        resolve(target.reason.name);
      });
    }),
  'an aborted sleep': () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 2);
    return sleep(1_000, undefined, { signal: abort.signal }).catch(({ name, code }) => [
      name,
      code,
    ]);
  },
  'hasRef, unref, ref': async () => {
    const timer = setTimeout(() => {}, 1);
    return [timer.hasRef(), timer.unref().hasRef(), timer.ref().hasRef()];
  },
  'a busy wait on Date ends': async () => {
    const from = Date.now();
    while (Date.now() - from < 3);
    return Date.now() - from >= 3;
  },
  'a busy wait on performance ends': async () => {
    const from = performance.now();
    while (performance.now() - from < 3);
    return true;
  },
  'a busy wait on hrtime ends': async () => {
    const from = process.hrtime.bigint();
    while (process.hrtime.bigint() - from < 3_000_000n);
    return true;
  },
  'no two looks at the clock are at the same time': async () => {
    const from = process.hrtime.bigint();
    return process.hrtime.bigint() > from;
  },
  'a timer is not early by the clock': async () => {
    const from = performance.now();
    await sleep(7);
    // The loop counts whole milliseconds, and its time may be that of a moment ago.
    return performance.now() - from >= 5;
  },
  'a busy wait makes timers late together': () =>
    noted((note) => {
      setTimeout(() => note('first'), 2);
      setTimeout(() => note('second'), 4);
      setImmediate(() => {
        const from = Date.now();
        while (Date.now() - from < 8);
        note('busy');
      });
    }),
  'a loop of immediates starves no connection': () =>
    new Promise((resolve) => {
      let met = false;
      const server = net.createServer((socket) => {
        met = true;
        socket.destroy();
        server.close();
      });
      server.listen(0, '127.0.0.1', async () => {
        net.connect(server.address().port, '127.0.0.1').on('error', () => {});
        for (let turn = 0; turn < 1e5 && !met; turn++) await immediate();
        resolve(met);
      });
    }),
  'connections are accepted in their order': () =>
    new Promise((resolve) => {
      const seen = [];
      const server = net.createServer((socket) => {
        socket.once('data', (chunk) => {
          if (seen.push(String(chunk)) === 5) {
            server.close();
            resolve(seen);
          }
          socket.destroy();
        });
      });
      server.listen(0, '127.0.0.1', () => {
        for (const name of ['a', 'b', 'c', 'd', 'e'])
          net
            .connect(server.address().port, '127.0.0.1')
            .on('error', () => {})
            .write(name);
      });
    }),
};

// Where a stack ends, by the functions in it.
const functionsNow = () =>
  new Error('here').stack
    .split('\n')
    .slice(1)
    .map((line) => /at (?:(?:process|Object)\.)?([^( ]*)/.exec(line)[1].replace(/^file:.*/, 'own'));
for (const [where, call] of Object.entries({
  'a tick': (saw) => process.nextTick(() => saw(functionsNow())),
  'a timer': (saw) => setTimeout(() => saw(functionsNow()), 1),
  'an immediate': (saw) => setImmediate(() => saw(functionsNow())),
  'a callback of fs': (saw) => fs.stat('.', () => saw(functionsNow())),
  'a handler of data': (saw) => {
    const server = net.createServer((socket) => socket.end('x'));
    server.listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1').on('data', () => {
        saw(functionsNow());
        server.close();
      });
    });
  },
})) {
  TABLE[`the stack in ${where} ends where Node calls the program`] = () => new Promise(call);
}
