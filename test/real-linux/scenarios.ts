import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import * as c from '../../src/sys/constants.ts';
import { SysError } from '../../src/sys/errors.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';

/** Scenarios that must end the same way on the simulated kernel and on Linux. */
const scenarios: Scenario[] = [];
const add = (...args: Parameters<typeof scenario>): void => {
  scenarios.push(scenario(...args));
};
export default scenarios;

const text = new TextEncoder();
const PORT = 7000;
const HERE = { host: '127.0.0.1', port: PORT };

function codeOf(error: unknown): string {
  return error instanceof SysError ? error.code : String(error);
}

function* listenOn(sys: Sys, port: number, nonblock = false): Program<number> {
  const fd = yield* sys.socket('inet', 'stream', { nonblock });
  yield* sys.bind(fd, { host: '0.0.0.0', port });
  yield* sys.listen(fd, 5);
  return fd;
}

function* say(sys: Sys, words: string): Program {
  yield* sys.write(1, text.encode(`${words}\n`));
}

add('a thread for each client echoes what it gets', (world) => {
  function* handler(sys: Sys, fd: number): Program {
    for (;;) {
      const bytes = yield* sys.recv(fd, 7);
      if (bytes.length === 0) break;
      yield* sys.send(fd, bytes);
    }
    yield* sys.close(fd);
  }
  world.process('server').spawn('server', function* (sys) {
    const listener = yield* listenOn(sys, PORT);
    for (;;) {
      const { fd } = yield* sys.accept(listener);
      yield* sys.spawn((own) => handler(own, fd), { name: 'handler' });
    }
  });
  const got = new Map<string, string>();
  for (const name of ['a', 'b', 'c']) {
    world.process(name).spawn(
      name,
      function* (sys) {
        const fd = yield* sys.socket('inet', 'stream');
        yield* sys.connect(fd, HERE);
        yield* sys.send(fd, text.encode(`hello from ${name}`));
        yield* sys.shutdown(fd, 'wr');
        let all = '';
        for (;;) {
          const bytes = yield* sys.recv(fd, 100);
          if (bytes.length === 0) break;
          all += new TextDecoder().decode(bytes);
        }
        got.set(name, all);
      },
      { afterListen: PORT },
    );
  }
  world.finally('every client gets its own bytes back', () =>
    ['a', 'b', 'c'].every((name) => got.get(name) === `hello from ${name}`),
  );
});

add('an epoll loop serves async clients', (world) => {
  world.process('server').spawn('server', function* (sys) {
    const listener = yield* listenOn(sys, PORT, true);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', listener, c.EPOLLIN);
    for (;;) {
      for (const { data: fd } of yield* sys.epollWait(epoll, 8)) {
        if (fd === listener) {
          const made = yield* sys.accept(listener, { nonblock: true });
          yield* sys.epollCtl(epoll, 'add', made.fd, c.EPOLLIN | c.EPOLLRDHUP);
          continue;
        }
        const bytes = yield* sys.recv(fd, 64);
        if (bytes.length === 0) yield* sys.close(fd);
        else yield* sys.send(fd, bytes);
      }
    }
  });
  let answered = 0;
  for (let i = 0; i < 4; i++) {
    world.process('clients').spawn(
      `client${i}`,
      async (sys) => {
        const fd = await sys.socket('inet', 'stream');
        await sys.connect(fd, HERE);
        for (let round = 0; round < 5; round++) {
          await sys.send(fd, text.encode(`${i}.${round}`));
          const bytes = await sys.recv(fd, 64);
          if (new TextDecoder().decode(bytes) === `${i}.${round}`) answered++;
        }
        await sys.close(fd);
      },
      { afterListen: PORT },
    );
  }
  world.finally('everybody is answered', () => answered === 20 || `${answered} answers`);
});

add('a forked child has the same descriptions under the same numbers', (world) => {
  world.process('parent').spawn('parent', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const child = yield* sys.fork(function* (own) {
      yield* own.close(readFd);
      yield* own.write(writeFd, text.encode('from the child'));
      yield* own.exit(7);
    });
    yield* sys.close(writeFd);
    const bytes = yield* sys.read(readFd, 100);
    const end = yield* sys.read(readFd, 100);
    const { pid, status } = yield* sys.waitpid();
    yield* say(sys, `${new TextDecoder().decode(bytes)} ${end.length} ${pid === child} ${status}`);
  });
  world.finally('the parent reads, then sees the end', () => {
    const output = world.output('parent');
    return output === 'from the child 0 true 7\n' || output;
  });
});

add('a registration is found again by number and description', (world) => {
  const seen: string[] = [];
  world.process('p').spawn('p', function* (sys) {
    const [a, b] = yield* sys.pipe();
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', a, c.EPOLLIN);
    const copy = yield* sys.dup(a);
    yield* sys.close(a);
    for (const attempt of [a, copy]) {
      try {
        yield* sys.epollCtl(epoll, 'del', attempt);
      } catch (error) {
        seen.push(codeOf(error));
      }
    }
    yield* sys.dup2(copy, a);
    try {
      yield* sys.epollCtl(epoll, 'add', a, c.EPOLLIN);
    } catch (error) {
      seen.push(codeOf(error));
    }
    yield* sys.write(b, text.encode('x'));
    const child = yield* sys.fork(function* (own) {
      yield* own.epollCtl(epoll, 'mod', a, c.EPOLLIN, 42);
    });
    yield* sys.waitpid(child);
    seen.push(JSON.stringify(yield* sys.epollWait(epoll, 4, 0)));
  });
  world.finally('as Linux has it', () => {
    const all = seen.join(' ');
    return all === 'EBADF ENOENT EEXIST [{"events":1,"data":42}]' || all;
  });
});

add('sleepers are woken by data, by timeouts and by each other', (world) => {
  const seen: string[] = [];
  world.process('p').spawn('main', function* (sys) {
    const words = new Int32Array(1);
    const [a, b] = yield* sys.socketpair();
    const counter = yield* sys.eventfd();
    yield* sys.spawn(
      function* (own) {
        yield* own.nanosleep({ ms: 5 });
        yield* own.write(counter, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
        yield* own.nanosleep({ ms: 5 });
        words[0] = 1;
        yield* own.futexWake(words, 0);
        yield* own.nanosleep({ ms: 5 });
        yield* own.send(b, text.encode('late'));
      },
      { name: 'waker' },
    );
    const nothing = yield* sys.poll([{ fd: a, events: c.POLLIN }], 1);
    seen.push(`poll ${nothing.length}`);
    const ready = yield* sys.select({ read: [a, counter], write: [] }, 1000);
    seen.push(`select ${ready.read.join()}`);
    yield* sys.futexWait(words, 0, 0);
    seen.push(`futex ${words[0]}`);
    seen.push(`recv ${(yield* sys.recv(a, 10)).length}`);
    try {
      yield* sys.futexWait(words, 0, 1, 2);
    } catch (error) {
      seen.push(codeOf(error));
    }
  });
  world.finally('in this order', () => {
    const all = seen.join(', ');
    return all === 'poll 0, select 5, futex 1, recv 4, ETIMEDOUT' || all;
  });
});

add('a description closed under a sleeper lives until the call returns', (world) => {
  let got = '';
  world.process('p').spawn('main', function* (sys) {
    const [a, b] = yield* sys.socketpair();
    const tid = yield* sys.spawn(
      function* (own) {
        got = new TextDecoder().decode(yield* own.recv(a, 10));
      },
      { name: 'sleeper' },
    );
    yield* sys.nanosleep({ ms: 2 });
    yield* sys.close(a);
    const [fresh] = yield* sys.pipe();
    got += fresh === a ? '' : 'another number ';
    yield* sys.send(b, text.encode('still here'));
    yield* sys.join(tid);
    try {
      yield* sys.send(b, text.encode('gone'));
      got += ', and then';
    } catch (error) {
      got += `, then ${codeOf(error)}`;
    }
  });
  world.finally('it gets the data', () => got === 'still here, then EPIPE' || got);
});

add('a blocking connect is refused, and may be tried again', (world) => {
  const seen: string[] = [];
  world.process('p').spawn('p', function* (sys) {
    const fd = yield* sys.socket('inet', 'stream');
    for (let i = 0; i < 2; i++) {
      try {
        yield* sys.connect(fd, HERE);
      } catch (error) {
        seen.push(codeOf(error));
      }
    }
    const listener = yield* listenOn(sys, PORT);
    yield* sys.connect(fd, HERE);
    const name = yield* sys.getpeername(fd);
    const made = yield* sys.accept(listener);
    seen.push(JSON.stringify(name), JSON.stringify(yield* sys.getsockname(listener)));
    seen.push(String(made.fd));
  });
  world.finally('refused twice, then connected', () => {
    const all = seen.join(' ');
    const wanted =
      'ECONNREFUSED ECONNREFUSED {"host":"127.0.0.1","port":7000} {"host":"0.0.0.0","port":7000} 5';
    return all === wanted || all;
  });
});

add('hosts have their own ports', (world) => {
  const peers: string[] = [];
  for (const host of ['north', 'south']) {
    world
      .host(host)
      .process(host)
      .spawn(host, function* (sys) {
        const listener = yield* listenOn(sys, PORT);
        const { fd, address } = yield* sys.accept(listener);
        peers.push(`${host} from ${'host' in address ? address.host : '?'}`);
        yield* sys.send(fd, text.encode(host));
      });
  }
  let heard = '';
  world
    .host('east')
    .process('client')
    .spawn('client', function* (sys) {
      yield* sys.nanosleep({ ms: 5 });
      for (const host of ['north', 'south']) {
        const fd = yield* sys.socket('inet', 'stream');
        yield* sys.connect(fd, { host, port: PORT });
        heard += new TextDecoder().decode(yield* sys.recv(fd, 10));
      }
    });
  world.finally('both answer', () => heard === 'northsouth' || heard);
  world.finally('they know who called', () => {
    const all = peers.join(', ');
    return all === 'north from east, south from east' || all;
  });
});

add('there are only so many descriptors', (world) => {
  const seen: string[] = [];
  world.process('p').spawn('p', function* (sys) {
    const listener = yield* listenOn(sys, PORT, true);
    const fd = yield* sys.socket('inet', 'stream');
    yield* sys.connect(fd, HERE);
    yield* sys.setrlimit(5);
    for (const attempt of [
      () => sys.accept(listener),
      () => sys.dup(fd),
      () => sys.pipe(),
      () => sys.eventfd(),
      () => sys.epollCreate(),
      () => sys.socket('inet', 'stream'),
      () => sys.accept(1),
    ]) {
      try {
        yield* attempt();
      } catch (error) {
        seen.push(codeOf(error));
      }
    }
    yield* sys.setrlimit(6);
    seen.push(String((yield* sys.accept(listener)).fd));
  });
  world.finally('the connection stays in the queue', () => {
    const all = seen.join(' ');
    return all === `${'EMFILE '.repeat(7)}5` || all;
  });
});
