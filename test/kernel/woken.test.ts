import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { bytes, fill, HERE, heard, laws, outcome, pause, tcpPair, text } from './harness.ts';

const OWN = "its sleepers are not the kernel's own";

/** Start tasks that each do one call, and note under their number what came of it. */
function* sleepers(
  sys: Sys,
  count: number,
  act: (own: Sys, i: number) => Program<unknown>,
): Program<string[]> {
  const told: string[] = [];
  for (let i = 0; i < count; i++) {
    yield* sys.spawn(function* (own) {
      told.push(`${i}:${String(yield* act(own, i))}`);
    });
    yield* pause(sys);
  }
  return told;
}

/** A blocking AF_UNIX stream whose buffer is full. */
function* fullPair(sys: Sys): Program<[full: number, peer: number]> {
  const [full, peer] = yield* sys.socketpair('stream', { nonblock: true });
  yield* fill(sys, full, 1024);
  yield* sys.fcntl(full, c.F_SETFL, 0);
  return [full, peer];
}

laws('the end wakes everybody', (law) => {
  law.simulated(OWN, 'the last writer of a pipe goes: all of its readers', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const told = yield* sleepers(sys, 3, function* (own) {
      return (yield* own.read(readFd, 10)).length;
    });
    yield* sys.close(writeFd);
    yield* pause(sys);
    expect(told.sort()).toEqual(['0:0', '1:0', '2:0']);
  });

  law.simulated(OWN, 'the last reader goes: all exclusive watchers', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    yield* sys.fcntl(writeFd, c.F_SETPIPE_SZ, 4096);
    yield* sys.write(writeFd, bytes(4096));
    const told = yield* sleepers(sys, 2, function* (own) {
      const epoll = yield* own.epollCreate();
      yield* own.epollCtl(epoll, 'add', writeFd, c.EPOLLOUT | c.EPOLLEXCLUSIVE);
      return (yield* own.epollWait(epoll, 8)).length;
    });
    yield* sys.close(readFd);
    yield* pause(sys);
    expect(told.sort()).toEqual(['0:1', '1:1']);
  });

  law.simulated(OWN, 'a shutdown of a listener: all who accept', function* (sys) {
    const listener = yield* sys.socket('inet', 'stream');
    yield* sys.bind(listener, { host: HERE, port: 0 });
    yield* sys.listen(listener);
    const told = yield* sleepers(sys, 2, (own) => outcome(own.accept(listener)));
    yield* sys.shutdown(listener, 'rd');
    yield* pause(sys);
    expect(told.sort()).toEqual(['0:EINVAL', '1:EINVAL']);
  });

  law('FIN: all who receive', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.ioctl(client, c.FIONBIO, 0);
    const told = yield* sleepers(sys, 2, (own) => heard(own, client));
    yield* sys.close(server);
    yield* pause(sys);
    expect(told.sort()).toEqual(['0:', '1:']);
  });
});

laws('a signal that ends a write to a pipe', (law) => {
  for (const restart of [false, true]) {
    law.simulated(
      OWN,
      `tells who watches for edges; it is begun again: ${restart}`,
      function* (sys) {
        const [readFd, writeFd] = yield* sys.pipe();
        yield* sys.fcntl(writeFd, c.F_SETPIPE_SZ, 4096);
        yield* sys.write(writeFd, bytes(4096));
        yield* sys.sigaction(c.SIGUSR1, { handler: () => {}, restart });
        const writer = yield* sys.spawn(function* (own) {
          yield* outcome(own.write(writeFd, bytes(100)));
        });
        yield* pause(sys);
        const epoll = yield* sys.epollCreate();
        yield* sys.epollCtl(epoll, 'add', readFd, c.EPOLLIN | c.EPOLLET);
        expect(yield* sys.epollWait(epoll, 8, 0)).toHaveLength(1);
        expect(yield* sys.epollWait(epoll, 8, 0)).toHaveLength(0);
        yield* sys.tkill(writer, c.SIGUSR1);
        yield* pause(sys);
        expect(yield* sys.epollWait(epoll, 8, 0)).toHaveLength(1);
      },
    );
  }
});

laws('one at a time', (law) => {
  law.simulated(OWN, 'writers of a full pipe, first come first served', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    yield* sys.fcntl(writeFd, c.F_SETPIPE_SZ, 4096);
    yield* sys.write(writeFd, bytes(4096));
    const told = yield* sleepers(sys, 2, (own) => outcome(own.write(writeFd, bytes(4096))));
    yield* sys.read(readFd, 4096);
    yield* pause(sys);
    expect(told).toEqual(['0:4096']);
  });

  law.simulated(OWN, 'a writer that finds more room than it needs passes on', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    yield* sys.fcntl(writeFd, c.F_SETPIPE_SZ, 8192);
    yield* sys.write(writeFd, bytes(8192));
    const told = yield* sleepers(sys, 2, (own) => outcome(own.write(writeFd, bytes(4096))));
    yield* sys.read(readFd, 8192);
    yield* pause(sys);
    expect(told).toEqual(['0:4096', '1:4096']);
  });

  law.simulated(OWN, 'who connects to a full backlog of AF_UNIX', function* (sys) {
    const listener = yield* sys.socket('unix', 'stream');
    yield* sys.bind(listener, { path: '\0n' });
    yield* sys.listen(listener, 0);
    yield* sys.connect(yield* sys.socket('unix', 'stream'), { path: '\0n' });
    const told = yield* sleepers(sys, 2, function* (own) {
      return yield* outcome(own.connect(yield* own.socket('unix', 'stream'), { path: '\0n' }));
    });
    yield* sys.accept(listener);
    yield* pause(sys);
    expect(told).toEqual(['0:0']);
    yield* sys.close(listener);
    yield* pause(sys);
    expect(told).toEqual(['0:0', '1:ECONNREFUSED']);
  });

  law.simulated(OWN, 'who sends datagrams to a full queue', function* (sys) {
    const receiver = yield* sys.socket('unix', 'dgram', { nonblock: true });
    yield* sys.bind(receiver, { path: '\0n' });
    const sender = yield* sys.socket('unix', 'dgram', { nonblock: true });
    yield* sys.connect(sender, { path: '\0n' });
    yield* fill(sys, sender, 1);
    yield* sys.fcntl(sender, c.F_SETFL, 0);
    const told = yield* sleepers(sys, 2, (own, i) => outcome(own.send(sender, bytes(`m${i}`))));
    // One that may not sleep makes room for what it has made in vain, which is no room for others.
    expect(yield* outcome(sys.send(sender, bytes('q'), c.MSG_DONTWAIT))).toBe('EAGAIN');
    yield* pause(sys);
    expect(told).toEqual([]);
    yield* sys.recv(receiver, 10);
    yield* pause(sys);
    expect(told).toEqual(['0:2']);
  });

  law.simulated(OWN, 'room to send is nothing for who receives datagrams', function* (sys) {
    const fd = yield* sys.socket('inet', 'dgram');
    yield* sys.bind(fd, { host: HERE, port: 0 });
    const address = yield* sys.getsockname(fd);
    const told = yield* sleepers(sys, 2, (own) => heard(own, fd));
    yield* sys.sendto(fd, bytes('x'), address);
    yield* pause(sys);
    expect(told).toEqual(['0:x']);
  });
});

laws('readers of an eventfd', (law) => {
  law.simulated(OWN, 'all look, and race for the count', function* (sys) {
    const fd = yield* sys.eventfd(0, { semaphore: true });
    const told = yield* sleepers(sys, 3, function* (own) {
      return (yield* own.read(fd, 8)).length;
    });
    yield* sys.write(fd, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0));
    yield* pause(sys);
    expect(told.length).toBe(2);
  });

  law.simulated(OWN, 'do not take the wake-up of an exclusive watcher', function* (sys) {
    const fd = yield* sys.eventfd(0, { semaphore: true });
    const reading = yield* sleepers(sys, 1, function* (own) {
      return (yield* own.read(fd, 8)).length;
    });
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', fd, c.EPOLLIN | c.EPOLLEXCLUSIVE | c.EPOLLET);
    const watching = yield* sleepers(sys, 1, function* (own) {
      return (yield* own.epollWait(epoll, 8)).length;
    });
    yield* sys.write(fd, Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0));
    yield* pause(sys);
    expect([...reading, ...watching]).toEqual(['0:8', '0:1']);
  });
});

laws('a full AF_UNIX stream', (law) => {
  law('lets nobody sleep whom the end awaits', function* (sys) {
    for (const which of [0, 1]) {
      const pair = yield* fullPair(sys);
      yield* sys.shutdown(pair[which] as number, which === 0 ? 'wr' : 'rd');
      expect(yield* outcome(sys.send(pair[0], bytes('z')))).toBe('EPIPE');
    }
  });

  law.simulated(OWN, 'cuts off who sleeps: ECONNRESET if data was unread', function* (sys) {
    const [full, peer] = yield* fullPair(sys);
    const told = yield* sleepers(sys, 1, (own) => outcome(own.send(full, bytes('z'))));
    yield* sys.close(peer);
    yield* pause(sys);
    expect(told).toEqual(['0:ECONNRESET']);
  });

  law.simulated(OWN, 'cuts off who sleeps: EPIPE without SIGPIPE after shutdown', function* (sys) {
    const signals: number[] = [];
    yield* sys.sigaction(c.SIGPIPE, { handler: (signal) => void signals.push(signal) });
    const [full] = yield* fullPair(sys);
    const told = yield* sleepers(sys, 1, (own) => outcome(own.send(full, bytes('z'))));
    yield* sys.shutdown(full, 'wr');
    yield* pause(sys);
    expect(told).toEqual(['0:EPIPE']);
    expect(signals).toEqual([]);
    expect(yield* outcome(sys.send(full, bytes('z')))).toBe('EPIPE');
    expect(signals).toEqual([c.SIGPIPE]);
  });

  law('takes at once what there is room for', function* (sys) {
    const [a, b] = yield* sys.socketpair();
    yield* sys.send(a, bytes(100_000));
    expect(yield* sys.send(a, bytes('z'))).toBe(1);
    expect(text(yield* sys.recv(b, 200_000)).length).toBe(100_001);
  });
});

laws('epoll_wait', (law) => {
  law('asked for more events than fit into an address space: EINVAL', function* (sys) {
    const epoll = yield* sys.epollCreate();
    expect(yield* outcome(sys.epollWait(epoll, 178_956_971, 0))).toBe('EINVAL');
    expect(yield* outcome(sys.epollWait(epoll, 178_956_970, 0))).toEqual([]);
  });
});
