// The law of echo: under every interleaving, cut and buffer size each client gets its own bytes, in
// order.
//
// One body, several arms: an arm runs a scenario once and gives how it went.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import { MANNERS, type Manner } from '../../src/models/clients/echo.ts';
import { loadLibc, runOnLinux } from '../../src/real/linux/index.ts';
import { runOnNode } from '../../src/real/node/index.ts';
import { type ClientPlan, echoScenario } from '../../src/scenarios/echo.ts';
import { type Kernel, whyNotOn } from '../../src/scenarios/kernels.ts';
import { FAULT_NAMES } from '../../src/sim/kernel/choices.ts';
import { matchGot, matchSame } from '../../src/sim/laws/echo.ts';
import { Run, type RunResult } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';

interface Arm {
  readonly name: string;
  readonly kernel: Kernel;
  readonly runsMax: number;
  /** Its timeouts are waited for. */
  readonly realTime?: boolean;
  readonly run: (scenario: Scenario, seed: number) => RunResult | Promise<RunResult>;
}

const simulated: Arm = {
  name: 'the simulated network',
  kernel: 'simulated',
  runsMax: 100,
  run: (scenario, seed) => {
    const strategy = new RandomWalk(seed);
    strategy.begin();
    return new Run(scenario, { strategy }).execute();
  },
};

/** Tiny buffers on Linux wait for window probes, which take their time. */
const IDLE_MS_MAX = 3000;

/** Real sockets draw no faults and take their own order of arrival. */
const arms: readonly Arm[] = [
  simulated,
  {
    name: "node:net's sockets",
    kernel: 'node:net',
    runsMax: 3,
    realTime: true,
    run: (scenario) => runOnNode(scenario, { idleMsMax: IDLE_MS_MAX }),
  },
  ...((await hasLibc())
    ? [
        {
          name: "Linux's own sockets",
          kernel: 'Linux' as const,
          runsMax: 3,
          realTime: true,
          run: (scenario: Scenario) => runOnLinux(scenario, { idleMsMax: IDLE_MS_MAX }),
        },
      ]
    : []),
];

function hasLibc(): Promise<boolean> {
  return loadLibc().then(
    () => true,
    () => false,
  );
}

/** Any text: whole characters of one to four bytes. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((characters) => new TextEncoder().encode(characters));

/**
 * More than all buffers on the way take together where they are small: both ends' and the server's,
 * one way and back.
 */
const long = fc.integer({ min: 600, max: 900 }).map((size) => new Uint8Array(size).fill(0x78));

const message = fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: long });

/** A message in pieces, cut anywhere, inside characters too. */
const pieces = fc
  .tuple(message, fc.array(fc.nat(), { maxLength: 3 }))
  .map(([bytes, cuts]) => cutAt(bytes, cuts));

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const found: Uint8Array[] = [];
  let from = 0;
  for (const place of [...places, bytes.length]) {
    if (place > from) found.push(bytes.subarray(from, place));
    from = place;
  }
  return found;
}

/**
 * A server that takes one client after the other gets rid of one that stays by its timeout, of a
 * minute.
 */
const ONE_BY_ONE = new Set(['sequential', 'got-sequential', 'got-select']);

/** Clients that stay longer than they need. */
const LASTING: ReadonlySet<Manner> = new Set(['stays', 'deaf', 'deaf-stays', 'silent']);

function mannersFor(model: string, arm: Arm): readonly Manner[] {
  if (arm.realTime !== true || !ONE_BY_ONE.has(model)) return MANNERS;
  return MANNERS.filter((manner) => !LASTING.has(manner));
}

/** Real sockets take what the machine gives; a simulated machine may be as small as one byte. */
function world(manners: readonly Manner[], realTime: boolean) {
  const client: fc.Arbitrary<ClientPlan> = fc.record({
    manner: fc.constantFrom(...manners),
    pieces,
    bufferBytes: realTime
      ? fc.constantFrom(undefined, 1, 3, 64, 4096)
      : fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 128 })),
  });
  return fc.record({
    clients: fc.array(client, { minLength: 1, maxLength: realTime ? 4 : 8 }),
    sendBufferBytes: fc.oneof(fc.constant(131_072), fc.integer({ min: 1, max: 128 })),
    /** RLIMIT_NOFILE of the server; enough for all of its clients. */
    descriptorsMax: fc.integer({ min: 16, max: 1024 }),
    faults: fc.subarray([...FAULT_NAMES]),
    seed: fc.integer(),
  });
}

describe.each(arms.map((arm) => [arm.name, arm] as const))('on %s', (_name, arm) => {
  const servers = MODELS.filter((model) => whyNotOn(arm.kernel, model) === undefined);
  it.each(servers.map((model) => [model.id, model] as const))(
    '%s gives every client its own bytes back',
    async (_id, model) => {
      await fc.assert(
        fc.asyncProperty(
          world(mannersFor(model.id, arm), arm.realTime === true),
          async ({ clients, sendBufferBytes, descriptorsMax, faults, seed }) => {
            const scenario = echoScenario(model, 'corrected', {
              clients,
              faults,
              network: { sendBufferBytes },
              server: function* (sys, options) {
                yield* sys.setrlimit(descriptorsMax);
                yield* model.corrected(sys, options);
              },
            });
            const { failure } = await arm.run(scenario, seed);
            expect(failure?.message).toBeUndefined();
          },
        ),
        { numRuns: arm.runsMax },
      );
    },
  );
});

describe('what counts as an echo', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const join = (parts: readonly Uint8Array[]): Uint8Array =>
    Uint8Array.from(parts.flatMap((part) => [...part]));

  it('is whole, a part, or wrong', () => {
    expect(matchSame(bytes('ab'), bytes('ab'))).toBe('whole');
    expect(matchSame(bytes('ab'), bytes('a'))).toBe('part');
    expect(matchSame(bytes('ab'), bytes('b'))).toBe('wrong');
    expect(matchSame(bytes('ab'), bytes('abc'))).toBe('wrong');
  });

  it('follows the cuts of recv, whatever they are', () => {
    fc.assert(
      fc.property(pieces, (cut) => {
        const answer = join(cut.flatMap((piece) => [bytes('Got: '), piece]));
        expect(matchGot(join(cut), answer)).toBe('whole');
        for (let end = 0; end < answer.length; end++) {
          expect(matchGot(join(cut), answer.subarray(0, end))).toBe('part');
        }
        expect(matchGot(join(cut), join([answer, bytes('G')]))).toBe('wrong');
        expect(matchGot(join(cut), join([answer, bytes('Got: ')]))).toBe('wrong');
      }),
    );
  });

  it('is not confused by messages that look like answers', () => {
    const sent = bytes('Got: Got: x');
    expect(matchGot(sent, bytes('Got: Got: Got: x'))).toBe('whole');
    expect(matchGot(sent, bytes('Got: Got: Got: Got: x'))).toBe('whole');
    expect(matchGot(sent, bytes('Got: x'))).toBe('wrong');
  });
});
