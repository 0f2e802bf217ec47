import { expect } from 'vitest';
import { bytes, laws, outcome, pause } from './harness.ts';

const MOST = 0xffff_ffff_ffff_fffen;

function word(value: bigint): Uint8Array {
  const made = new Uint8Array(8);
  new DataView(made.buffer).setBigUint64(0, value, true);
  return made;
}

laws('eventfd', (law) => {
  law(
    '8.1 read gives the count and zeroes it; 0 is EAGAIN; fewer than 8 bytes are EINVAL',
    function* (sys) {
      const fd = yield* sys.eventfd(3, { nonblock: true });
      expect(yield* outcome(sys.read(fd, 7))).toBe('EINVAL');
      expect(yield* sys.read(fd, 100)).toEqual(word(3n));
      expect(yield* outcome(sys.read(fd, 8))).toBe('EAGAIN');
      expect(yield* outcome(sys.read(fd, 7))).toBe('EINVAL');
    },
  );

  law('8.1 in semaphore mode it gives 1 and takes 1 off', function* (sys) {
    const fd = yield* sys.eventfd(2, { nonblock: true, semaphore: true });
    expect(yield* sys.read(fd, 8)).toEqual(word(1n));
    expect(yield* sys.read(fd, 8)).toEqual(word(1n));
    expect(yield* outcome(sys.read(fd, 8))).toBe('EAGAIN');
  });

  law('8.1 it counts exactly on both sides of 2^53, in both modes', function* (sys) {
    for (const first of [
      2n ** 32n - 1n,
      2n ** 53n - 2n,
      2n ** 53n - 1n,
      2n ** 53n + 1n,
      MOST - 3n,
    ]) {
      const whole = yield* sys.eventfd(0, { nonblock: true });
      const single = yield* sys.eventfd(0, { nonblock: true, semaphore: true });
      for (const fd of [whole, single]) {
        yield* sys.write(fd, word(first));
        yield* sys.write(fd, word(3n));
        expect(yield* outcome(sys.write(fd, word(MOST - first - 2n)))).toBe('EAGAIN');
      }
      expect(yield* sys.read(whole, 8)).toEqual(word(first + 3n));
      expect(yield* sys.read(single, 8)).toEqual(word(1n));
      // What is left is told by what still fits.
      expect(yield* sys.write(single, word(MOST - first - 2n))).toBe(8);
      expect(yield* outcome(sys.write(single, word(1n)))).toBe('EAGAIN');
    }
  });

  law('8.2 write takes exactly 8 bytes below 2^64-1', function* (sys) {
    const fd = yield* sys.eventfd(0, { nonblock: true });
    expect(yield* outcome(sys.write(fd, bytes(7)))).toBe('EINVAL');
    expect(yield* outcome(sys.write(fd, bytes(16)))).toBe('EINVAL');
    expect(yield* outcome(sys.write(fd, word(MOST + 1n)))).toBe('EINVAL');
    expect(yield* sys.write(fd, word(0n))).toBe(8);
    expect(yield* outcome(sys.read(fd, 8))).toBe('EAGAIN');
  });

  law('8.2 an overflow is EAGAIN and adds nothing', function* (sys) {
    const fd = yield* sys.eventfd(1, { nonblock: true });
    expect(yield* outcome(sys.write(fd, word(MOST)))).toBe('EAGAIN');
    expect(yield* sys.write(fd, word(MOST - 1n))).toBe(8);
    expect(yield* sys.read(fd, 8)).toEqual(word(MOST));
  });

  law('8.3 a dup shares the counter', function* (sys) {
    const fd = yield* sys.eventfd(0, { nonblock: true });
    yield* sys.write(yield* sys.dup(fd), word(4n));
    expect(yield* sys.read(fd, 8)).toEqual(word(4n));
  });

  law('8 a write of n in semaphore mode lets n sleeping readers through', function* (sys) {
    const fd = yield* sys.eventfd(0, { semaphore: true });
    const through: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      yield* sys.spawn(function* (own) {
        yield* own.read(fd, 8);
        through.push(name);
      });
    }
    yield* pause(sys);
    yield* sys.write(fd, word(2n));
    yield* pause(sys);
    expect(through).toHaveLength(2);
  });
});
