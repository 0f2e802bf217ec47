import { describe, expect, it } from 'vitest';
import { type NodeRecording, runOnNode } from '../../src/real/node/index.ts';
import { parseRecording, replayRecording } from '../../src/real/recording.ts';
import { Departure } from '../../src/sim/schedule/departure.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import type { Program, Sys } from '../../src/sys/index.ts';
import kernelScenarios from '../real-linux/scenarios.ts';
import {
  connected,
  eagerClient,
  openListener,
  pattern,
  readinessEcho,
  Seen,
  sequentialEcho,
} from './programs.ts';

const PORT = 7000;

/** Each time it is replayed it is the same run, also from its JSON. */
async function replaysAs(each: Scenario, recording: NodeRecording): Promise<string[]> {
  const kept = parseRecording(JSON.stringify(recording));
  const digests: string[] = [];
  for (let i = 0; i < 2; i++) digests.push((await replayRecording(each, kept)).digest);
  return digests;
}

async function recorded(each: Scenario, options = {}) {
  const result = await runOnNode(each, { ...options, record: true });
  return { ...result, recording: result.recording as NodeRecording };
}

const tenClients = (kind: 'select' | 'poll' | 'epoll', seens: Seen[] = []): Scenario =>
  scenario('ten clients', (world) => {
    world
      .process('server')
      .spawn('server', (sys) => readinessEcho(sys, { port: PORT, connections: 10, kind }));
    for (let i = 0; i < 10; i++) {
      const seen = new Seen();
      seens[i] = seen;
      world
        .process(`client${i}`)
        .spawn(
          `client${i}`,
          (sys) => eagerClient(sys, { port: PORT, bytes: pattern(20_000, i), seen }),
          { afterListen: PORT },
        );
    }
  });

describe('a recorded run', () => {
  it('of ten clients replays with the same digest, 20 times of 20', async () => {
    for (let i = 0; i < 20; i++) {
      const each = tenClients((['select', 'poll', 'epoll'] as const)[i % 3] as 'poll');
      const { digest, failure, recording } = await recorded(each);
      expect(failure?.message).toBeUndefined();
      expect(await replaysAs(each, recording)).toEqual([digest, digest]);
    }
  });

  it('gives the programs the same bytes again', async () => {
    const seens: Seen[] = [];
    const each = tenClients('epoll', seens);
    const { recording } = await recorded(each);
    const first = seens.map(({ bytes }) => bytes);
    seens.length = 0;
    await replayRecording(each, recording);
    expect(seens.map(({ bytes }) => Buffer.compare(bytes, pattern(0)))).not.toContain(0);
    expect(seens.map(({ bytes }) => bytes)).toEqual(first);
  });

  it.each(kernelScenarios.map((each) => [each.name, each] as const))(
    'replays: %s',
    async (_, each) => {
      const { digest, recording } = await recorded(each);
      expect(await replaysAs(each, recording)).toEqual([digest, digest]);
    },
  );

  it('replays with timeouts and clock readings', async () => {
    const readings: number[][] = [];
    const each = scenario('clocks', (world) => {
      const mine: number[] = [];
      readings.push(mine);
      world.process('p').spawn('p', async (sys) => {
        for (let i = 0; i < 5; i++) {
          await sys.nanosleep({ ms: i });
          await sys.poll([], 1);
          mine.push(await sys.clockGettime(), await sys.clockGettime('realtime'));
        }
      });
    });
    const { digest, recording } = await recorded(each);
    expect(await replaysAs(each, recording)).toEqual([digest, digest]);
    expect(readings[1]).toEqual(readings[0]);
  });

  it('replays its failure, whatever that is', async () => {
    const dying = scenario('dying', (world) => {
      world.process('server').spawn('server', (sys) => openListener(sys, PORT));
      world.process('client').spawn(
        'client',
        function* (sys) {
          yield* sys.send(yield* connected(sys, PORT), new Uint8Array(1));
          throw new Error('enough');
        },
        { afterListen: PORT },
      );
    });
    const stuck = scenario('stuck', (world) => {
      world.process('p').spawn('p', function* (sys) {
        const [readFd] = yield* sys.pipe();
        yield* sys.read(readFd, 1);
      });
    });
    const spinning = scenario('spinning', (world) => {
      world.process('p').spawn('p', function* (sys) {
        for (;;) yield* sys.schedYield();
      });
    });
    for (const [each, options, kind] of [
      [dying, {}, 'died'],
      [stuck, { idleMsMax: 20 }, 'deadlock'],
      [spinning, { timeMsMax: 20 }, 'livelock'],
      [spinning, { stepsMax: 50 }, 'livelock'],
    ] as const) {
      const { digest, failure, recording } = await recorded(each, options);
      expect(failure?.kind).toBe(kind);
      const again = await replayRecording(each, parseRecording(JSON.stringify(recording)));
      expect(again.digest).toBe(digest);
      expect(again.failure?.message).toBe(failure?.message);
    }
  });
});

describe('a recording of something else', () => {
  interface Changes {
    readonly message?: Uint8Array;
    readonly client?: (sys: Sys, fd: number) => Program;
  }

  function* askName(sys: Sys, fd: number): Program {
    yield* sys.getsockname(fd);
  }

  const echo = ({ message = new Uint8Array([1, 2, 3]), client }: Changes = {}): Scenario =>
    scenario('echo', (world) => {
      world
        .process('server')
        .spawn('server', (sys) => sequentialEcho(sys, { port: PORT, connections: 1 }));
      world.process('client').spawn(
        'client',
        function* (sys) {
          const fd = yield* connected(sys, PORT);
          yield* sys.send(fd, message);
          yield* sys.recv(fd, 8);
          if (client !== undefined) yield* client(sys, fd);
        },
        { afterListen: PORT },
      );
    });

  const departure = async (changes: Changes): Promise<Departure> => {
    const { recording } = await recorded(echo());
    const error = await replayRecording(echo(changes), recording).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Departure);
    return error as Departure;
  };

  it('departs where the program asks for something else: step, expected, found', async () => {
    const { details, message } = await departure({ message: new Uint8Array([1, 2, 3, 4]) });
    expect(details.expected).toBe('client: send fd 3 3 B 010203 → 3 B');
    expect(details.found).toBe('client: send fd 3 4 B 01020304 → 4 B');
    expect(message).toContain(`differ from step ${details.step} on\n`);
  });

  it('departs where what is sent has the same size and another end', async () => {
    const long = pattern(300);
    const other = new Uint8Array(long);
    other[299] = (other[299] as number) ^ 1;
    const { recording } = await recorded(echo({ message: long }));
    const error = await replayRecording(echo({ message: other }), recording).catch((e) => e);
    expect(error.details.found).toMatch(/^client: send .*, with other contents$/);
  });

  it('departs where the program does more than it did, and where it does less', async () => {
    const more = await departure({ client: askName });
    expect(more.details.found).toContain('client: getsockname');
    const longer = echo({ client: askName });
    const { recording } = await recorded(longer);
    const less = await replayRecording(echo(), recording).catch((e) => e);
    expect(less).toBeInstanceOf(Departure);
    expect(less.details.expected).toContain('getsockname');
  });

  it('is refused under another name, and in another format', async () => {
    const { recording } = await recorded(echo());
    await expect(replayRecording({ ...echo(), name: 'other' }, recording)).rejects.toThrow(
      'this is a recording of "echo", not of "other"',
    );
    expect(() => parseRecording('{')).toThrow(/not even JSON/);
    expect(() => parseRecording('{}')).toThrow(/no field "heddleRecording"/);
    expect(() => parseRecording('{"heddleRecording":99}')).toThrow(/format 99/);
  });
});
