/** Small programs with a mistake each, of every kind whose story is told in its own way. */
import {
  type Body,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  type Scenario,
  SIGCHLD,
  type Sys,
  scenario,
  type World,
} from '../../src/index.ts';

const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Two wait, and nobody ever signals: no wake-up was lost. */
function nobodySignals(world: World): void {
  const [mutex, changed] = [world.mutex('m'), world.condition('changed')];
  for (const name of ['a', 'b']) {
    world.process('p').spawn(name, function* (sys) {
      yield* sys.lock(mutex);
      yield* sys.condWait(changed, mutex);
      yield* sys.unlock(mutex);
    });
  }
}

/** The broadcast woke the waiter of that time; who waits now has looked at the queue since. */
function waitsAgain(world: World): void {
  const [mutex, changed] = [world.mutex('m'), world.condition('changed')];
  const items: string[] = [];
  world.process('p').spawn('taker', function* (sys) {
    yield* sys.lock(mutex);
    for (let taken = 0; taken < 2; taken++) {
      while (items.length === 0) yield* sys.condWait(changed, mutex);
      items.shift();
    }
    yield* sys.unlock(mutex);
  });
  world.process('p').spawn('giver', function* (sys) {
    yield* sys.lock(mutex);
    items.push('the only one');
    yield* sys.condBroadcast(changed);
    yield* sys.unlock(mutex);
  });
}

/** Each of two epolls watches the pipe exclusively, and one byte wakes one of them. */
function oneExclusiveWakeUp(world: World): void {
  world.process('p').spawn('main', function* (sys) {
    const [read, write] = yield* sys.pipe();
    for (let i = 0; i < 2; i++) {
      yield* sys.spawn(function* waits(own: Sys) {
        const epoll = yield* own.epollCreate();
        yield* own.epollCtl(epoll, 'add', read, EPOLLIN | EPOLLEXCLUSIVE);
        yield* own.epollWait(epoll, 1);
      });
    }
    yield* sys.nanosleep({ ms: 1 });
    yield* sys.write(write, new Uint8Array(1));
  });
}

/** A reader and a writer arm one registration, each with its own interest alone. */
function armsOver(world: World): void {
  world.process('p').spawn('main', function* (sys) {
    const [mine, its] = yield* sys.socketpair('stream');
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', mine, EPOLLONESHOT);
    const arms = (events: number): Body =>
      function* arm(own) {
        yield* own.epollCtl(epoll, 'mod', mine, events | EPOLLONESHOT);
      };
    yield* sys.spawn(arms(EPOLLIN), { name: 'reader' });
    yield* sys.spawn(arms(EPOLLOUT), { name: 'writer' });
    yield* sys.send(its, bytes('r'));
    let told = 0;
    while (told !== (EPOLLIN | EPOLLOUT)) {
      for (const { events } of yield* sys.epollWait(epoll, 1)) told |= events;
    }
  });
}

/** Two jobs, two posts, and one read of the counter that has added them up. */
function coalesced(world: World): void {
  world.process('p').spawn('worker', function* (sys) {
    const wake = yield* sys.eventfd();
    for (const name of ['first', 'second']) {
      yield* sys.spawn(
        function* (own) {
          yield* own.write(wake, ONE);
        },
        { name },
      );
    }
    for (let done = 0; done < 2; done++) yield* sys.read(wake, 8);
  });
}

/** The time is up in the moment in which the answer is there; nobody looks again. */
function givesUp(world: World): void {
  const answer = world.cell('answer', '');
  let got = '';
  world.process('p').spawn('asks', function* (sys) {
    const [read, write] = yield* sys.pipe();
    const works = yield* sys.spawn(
      function* (own) {
        yield* own.nanosleep({ ms: 10 });
        yield* own.store(answer, '42');
        yield* own.write(write, bytes('!'));
      },
      { name: 'works' },
    );
    const ready = yield* sys.poll([{ fd: read, events: EPOLLIN }], 10);
    if (ready.length > 0) got = yield* sys.load(answer);
    yield* sys.join(works);
    yield* sys.close(read);
  });
  world.finally('the answer is got', () => got === '42');
}

/** Two requests refresh with the same token, which is good for once: also in the calm run. */
function usedTwice(world: World): void {
  world.process('auth').spawn('auth', async (sys) => {
    const listener = await sys.socket('inet', 'stream');
    await sys.bind(listener, { host: '127.0.0.1', port: 7000 });
    await sys.listen(listener);
    for (let token = 0; ; ) {
      const { fd } = await sys.accept(listener);
      const good = (await sys.recv(fd, 1))[0] === token;
      if (good) token++;
      await sys.send(fd, new Uint8Array([good ? token : 0xff]));
      await sys.close(fd);
    }
  });
  const app = world.process('app');
  let token = 0;
  let refused = false;
  for (const name of ['request 1', 'request 2']) {
    app.spawn(
      name,
      async (sys) => {
        if (token > 0) return;
        const fd = await sys.socket('inet', 'stream');
        await sys.connect(fd, { host: '127.0.0.1', port: 7000 });
        await sys.send(fd, new Uint8Array([token]));
        const [answer] = await sys.recv(fd, 1);
        await sys.close(fd);
        if (answer === 0xff) refused = true;
        else token = answer as number;
      },
      { afterListen: 7000 },
    );
  }
  world.finally('nobody is logged out', () => !refused || 'a good client was refused');
}

/** One signal stands for several children that have ended, and the handler reaps one. */
function reapsOne(world: World): void {
  world.process('parent').spawn('parent', function* (sys) {
    const [told, tell] = yield* sys.pipe();
    yield* sys.sigaction(SIGCHLD, {
      restart: true,
      *handler(_signal, own) {
        const { pid } = yield* own.waitpid(-1, { nohang: true });
        if (pid > 0) yield* own.write(tell, bytes('.'));
      },
    });
    for (let i = 0; i < 3; i++) {
      yield* sys.fork(function* child(own) {
        yield* own.getpid();
      });
    }
    for (let ended = 0; ended < 3; ) ended += (yield* sys.read(told, 8)).length;
  });
}

/** A message of an assertion has lines of its own. */
function saysMore(world: World): void {
  world.process('p').spawn('a', function* (sys) {
    yield* sys.getpid();
    throw new Error('not what was sent:\n\n+ got\n- wanted\n');
  });
}

/** Forty who wait for ever. */
function manyWait(world: World): void {
  const [gate, never] = [world.mutex('gate'), world.condition('never')];
  world.process('p').spawn('holder', function* (sys) {
    yield* sys.lock(gate);
    const left = world.mutex('m');
    yield* sys.lock(left);
    yield* sys.condWait(never, left);
  });
  for (let i = 0; i < 40; i++) {
    world.process('p').spawn('waiter', function* (sys) {
      yield* sys.lock(gate);
      yield* sys.unlock(gate);
    });
  }
}

/** A parent that never comes to an end of it. */
function forksForEver(world: World): void {
  world.process('parent').spawn('parent', function* (sys) {
    for (;;) {
      yield* sys.fork(function* child() {});
    }
  });
}

/** The value of a cell need not have a text: this one holds a lock that knows the whole world. */
function holdsALock(world: World): void {
  const [cell, mutex] = [world.cell('cell', { mutex: world.mutex('m') }), world.mutex('m')];
  world.process('p').spawn('a', function* (sys) {
    const held = yield* sys.load(cell);
    yield* sys.lock(held.mutex);
    yield* sys.store(cell, { mutex: held.mutex });
    yield* sys.lock(mutex);
    yield* sys.load(cell);
    throw new Error('at last');
  });
}

/** By the name of the golden report. */
/** A thread for each of forty clients, who ask twenty times and do not wait for the last answer. */
function manyClients(world: World): void {
  const [clients, messages] = [40, 20];
  world.process('server').spawn(
    'server',
    function* (sys) {
      const listener = yield* sys.socket('inet', 'stream');
      yield* sys.bind(listener, { host: '127.0.0.1', port: 7000 });
      yield* sys.listen(listener, clients);
      for (;;) {
        const { fd } = yield* sys.accept(listener);
        yield* sys.spawn((own: Sys) => echo(own, fd), { name: 'serves' });
      }
    },
    { daemon: true },
  );
  for (let i = 1; i <= clients; i++) {
    const client = function* (sys: Sys) {
      const fd = yield* sys.socket('inet', 'stream');
      yield* sys.connect(fd, { host: '127.0.0.1', port: 7000 });
      for (let n = 1; n < messages; n++) {
        yield* sys.send(fd, bytes(`${n}`));
        yield* sys.recv(fd, 100);
      }
      yield* sys.send(fd, bytes('last'));
      yield* sys.close(fd);
    };
    world.process(`client#${i}`).spawn(`client#${i}`, client, { afterListen: 7000 });
  }
}

function* echo(sys: Sys, fd: number) {
  for (;;) {
    const got = yield* sys.recv(fd, 100);
    if (got.length === 0) break;
    yield* sys.send(fd, got);
  }
  yield* sys.close(fd);
}

export const PROGRAMS: Readonly<Record<string, Scenario>> = {
  'nobody-signals': scenario('two wait, nobody signals', nobodySignals),
  'waits-again': scenario('two are taken, one is given', waitsAgain),
  'exclusive-wake-up': scenario('one exclusive wake-up, two who wait', oneExclusiveWakeUp),
  'spent-registration': scenario('two arm one registration', armsOver),
  coalesced: scenario('two posts, one read', coalesced),
  'gives-up': scenario('an answer just in time', givesUp),
  'used-twice': scenario('a token is good for once', usedTwice),
  'reaps-one': scenario('three children, one waitpid a signal', reapsOne),
  'many-lines': scenario('a message of several lines', saysMore),
  'many-wait': scenario('forty wait for one', manyWait),
  'forks-for-ever': scenario('a parent of many', forksForEver, { stepsMax: 200 }),
  'many-clients': scenario('forty clients of twenty messages', manyClients),
  'holds-a-lock': scenario('a cell of an object with a lock', holdsALock),
};
