// A run on Linux's own sockets, written down, is the same run again without any.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import { runOnLinux } from '../../src/real/linux/index.ts';
import type { LinuxRecording } from '../../src/real/linux/recording.ts';
import { parseRecording, replayRecording } from '../../src/real/recording.ts';
import { echoScenario } from '../../src/scenarios/echo.ts';
import { whyNotOn } from '../../src/scenarios/kernels.ts';
import { Departure } from '../../src/sim/schedule/departure.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { O_CREAT, O_RDWR, SIGPIPE } from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { onLinux, whyNoLinux } from './linux.ts';
import scenarios from './scenarios.ts';

async function recorded(each: Scenario, options = {}) {
  const result = await runOnLinux(each, { ...options, record: true });
  return { ...result, recording: result.recording as LinuxRecording };
}

async function again(each: Scenario, recording: LinuxRecording) {
  const kept = parseRecording(JSON.stringify(recording));
  const { digest, failure, steps } = await replayRecording(each, kept);
  return { digest, message: failure?.message, steps };
}

/** A disk, a name of AF_UNIX, a timer, and the kernel's own signal. */
const everything = (told: unknown[], line = 'line'): Scenario =>
  scenario('everything', (world) => {
    world.process('p').spawn('p', function* (sys): Program {
      const file = yield* sys.open('/saved', O_RDWR | O_CREAT);
      yield* sys.pwrite(file, bytes(line), 0);
      told.push(yield* sys.readdir('/'), yield* sys.stat('/saved'));
      const listener = yield* sys.socket('unix', 'stream');
      yield* sys.bind(listener, { path: '/tmp/named' });
      told.push(yield* sys.getsockname(listener), yield* sys.clockGettime());
      yield* sys.nanosleep({ ms: 3 });
      told.push(yield* sys.clockGettime());
      yield* sys.sigaction(SIGPIPE, { handler: (signal) => void told.push(signal) });
      const [left, right] = yield* sys.socketpair('stream');
      yield* sys.close(right);
      yield* sys.send(left, bytes('x'));
    });
  });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.skipIf(whyNoLinux !== undefined)(onLinux('a recorded run on Linux'), () => {
  it.each(scenarios.map((each) => [each.name, each] as const))('replays: %s', async (_, each) => {
    const { digest, failure, steps, recording } = await recorded(each);
    const same = { digest, message: failure?.message, steps };
    expect(await again(each, recording)).toEqual(same);
    expect(await again(each, recording)).toEqual(same);
  });

  const servers = MODELS.filter((model) => whyNotOn('Linux', model) === undefined);
  it.each(servers.map((model) => [model.id, model] as const))(
    'replays the server %s, with the inputs that were drawn',
    async (_, model) => {
      const each = echoScenario(model, 'corrected');
      const { digest, steps, recording } = await recorded(each, { strategy: new RandomWalk(3) });
      expect(await again(each, recording)).toEqual({ digest, steps, message: undefined });
    },
  );

  it('tells the programs the same again: files, names, times, signals', async () => {
    const then: unknown[] = [];
    const { recording, failure } = await recorded(everything(then));
    expect(failure?.message).toContain('EPIPE');
    const now: unknown[] = [];
    expect((await again(everything(now), recording)).message).toBe(failure?.message);
    expect(now).toEqual(then);
    expect(then).toContain(SIGPIPE);
  });

  it('touches nothing of the machine when it is replayed', async () => {
    const own = mkdtempSync(join(tmpdir(), 'heddle-kept-'));
    try {
      const { recording } = await recorded(everything([]));
      const { names, told } = recording;
      const named = told.map(([name, given, what]) => {
        const isPlace = /directory of names|root of a disk/.test(names[name] as string);
        return [name, given, isPlace ? own : what] as const;
      });
      expect(named.filter(([, , what]) => what === own)).toHaveLength(2);
      await again(everything([]), { ...recording, told: named }).catch(() => {});
      expect(existsSync(own)).toBe(true);
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });

  it('departs where a program asks for something else, or for less', async () => {
    const asks = (work: (sys: Sys) => Program): Scenario =>
      scenario('asks', (world) => {
        world.process('p').spawn('p', work);
      });
    const { recording } = await recorded(
      asks(function* (sys) {
        yield* sys.pipe();
        yield* sys.eventfd(0);
      }),
    );
    const departure = (work: (sys: Sys) => Program): Promise<Departure> =>
      again(asks(work), recording).then(
        () => expect.fail('it does not depart'),
        (error: unknown) => error as Departure,
      );
    const other = await departure(function* (sys) {
      yield* sys.pipe();
      yield* sys.socket('inet', 'stream');
    });
    expect(other).toBeInstanceOf(Departure);
    expect(other.details).toMatchObject({ expected: 'eventfd', found: 'socket' });
    const less = await departure(function* (sys) {
      yield* sys.pipe();
    });
    expect(less).toBeInstanceOf(Departure);
  });

  it('departs where other bytes are written', async () => {
    const { recording } = await recorded(everything([]));
    const error = await again(everything([], 'nile'), recording).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Departure);
    expect(error.details.found).toBe('pwrite, with something else');
  });

  it('refuses a signal, by which it would end elsewhere each time', async () => {
    const { signal } = new AbortController();
    await expect(runOnLinux(everything([]), { record: true, signal })).rejects.toThrow(
      'not recorded',
    );
  });
});
