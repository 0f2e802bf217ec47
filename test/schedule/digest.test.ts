import { describe, expect, it } from 'vitest';
import { checkDeterminism } from '../../src/sim/explore/determinism.ts';
import { Digest } from '../../src/sim/schedule/digest.ts';
import { Random } from '../../src/sim/schedule/random.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';

function digestOf(...contents: readonly Uint8Array[]): string {
  const digest = new Digest();
  for (const bytes of contents) digest.mixBytes(bytes);
  return digest.toString();
}

function drawn(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

describe('the digest of contents', () => {
  it('differs wherever one byte does, and whichever bit of it', () => {
    const random = new Random(1);
    for (const length of [1, 7, 8, 9, 63, 64, 65, 1_000]) {
      const bytes = drawn(random, length);
      const seen = new Set([digestOf(bytes)]);
      for (let at = 0; at < length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const other = bytes.slice();
          other[at] = (other[at] as number) ^ (1 << bit);
          seen.add(digestOf(other));
        }
      }
      expect(seen.size, `${length} bytes`).toBe(1 + 8 * length);
    }
  });

  it('differs where two bytes do, the highest bits included', () => {
    const bytes = drawn(new Random(2), 64);
    const seen = new Set([digestOf(bytes)]);
    let others = 0;
    for (let one = 0; one < 64; one++) {
      for (let two = one + 1; two < 64; two++) {
        const other = bytes.slice();
        for (const at of [one, two]) other[at] = (other[at] as number) ^ 0x80;
        seen.add(digestOf(other));
        others++;
      }
    }
    expect(seen.size).toBe(1 + others);
  });

  it('tells where one ends and the next begins', () => {
    const bytes = drawn(new Random(3), 32);
    const seen = new Set<string>();
    for (let at = 0; at <= 32; at++) seen.add(digestOf(bytes.subarray(0, at), bytes.subarray(at)));
    expect(seen.size).toBe(33);
  });
});

it('a scenario that sends another byte in one place of many is not deterministic', () => {
  let runs = 0;
  const leaky = scenario('leaky', (world) => {
    const bytes = new Uint8Array(4_096);
    bytes[2_049] = ++runs % 2;
    world.process('p').spawn('main', function* main(sys) {
      const [reader, writer] = yield* sys.pipe();
      yield* sys.write(writer, bytes);
      yield* sys.read(reader, 4_096);
    });
  });
  expect(checkDeterminism(leaky, [])?.step).toBe(3);
});
