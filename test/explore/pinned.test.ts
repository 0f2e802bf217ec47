// A schedule that was pinned in a test as text, after the scenario has been edited.
import { describe, expect, it } from 'vitest';
import { check } from '../../src/sim/explore/check.ts';
import { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { ScheduleError } from '../../src/sim/schedule/text.ts';
import type { Program, Sys } from '../../src/sys/index.ts';

interface Edit {
  /** Steps of each task before it counts: a line of log, an option. */
  readonly before?: number;
  /** A third task, which has nothing to do with the others. */
  readonly statistics?: boolean;
  readonly name?: string;
}

/** Two tasks that count: one reads, rests, and writes what it has read plus one. */
const counting = ({ before = 0, statistics = false, name = 'teller' }: Edit = {}): Scenario =>
  scenario('no count is lost', (world) => {
    let count = 0;
    const bank = world.process('bank');
    const teller = function* (sys: Sys): Program {
      for (let i = 0; i < before; i++) yield* sys.write(1, new Uint8Array([i]));
      const seen = count;
      yield* sys.getpid();
      count = seen + 1;
    };
    for (let i = 0; i < 2; i++) bank.spawn(name, teller);
    if (statistics) {
      bank.spawn('statistics', function* (sys) {
        yield* sys.getpid();
      });
    }
    world.finally('both have counted', () => count === 2);
  });

const options = { folder: false } as const;

const failing = async (of: Scenario): Promise<ScheduleFailure> => {
  const error = await check(of, { ...options, runs: 200 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ScheduleFailure);
  return error as ScheduleFailure;
};

/** What becomes of the pinned schedule in the edited scenario. */
const pinned = async (edit: Edit): Promise<unknown> => {
  const { schedule } = await failing(counting({ before: 1 }));
  return check(counting(edit), { ...options, replay: schedule }).catch((error: unknown) => error);
};

describe('a schedule pinned as text', () => {
  it('fails while the scenario is as it was', async () => {
    expect(await pinned({ before: 1 })).toBeInstanceOf(ScheduleFailure);
  });

  it.each<Edit>([{ before: 3 }, { before: 1, statistics: true }, { before: 4, name: 'clerk' }])(
    'never passes after the edit %o: it fails still, or says that it no longer fits',
    async (edit) => {
      const outcome = await pinned(edit);
      expect(outcome).toBeInstanceOf(Error);
      if (!(outcome instanceof ScheduleFailure)) {
        expect(outcome).toBeInstanceOf(ScheduleError);
        expect((outcome as Error).message).toContain('this schedule no longer fits');
      }
    },
  );

  it('says so where as many decisions can be taken, but about something else', async () => {
    const outcome = await pinned({ before: 3 });
    expect((outcome as Error).message).toContain('this schedule no longer fits');
  });

  it('says so where the run is over before its last decision, however it was written', async () => {
    const { schedule } = await failing(counting({ before: 6 }));
    const short = scenario('no count is lost', (world) => {
      world.process('bank').spawn('teller', function* (sys) {
        yield* sys.getpid();
      });
    });
    const [bare = ''] = schedule.split('.');
    for (const replay of [schedule, bare]) {
      await expect(check(short, { ...options, replay })).rejects.toThrow('no longer fits');
    }
  });

  it('passes if the scenario passes under the very same decisions', async () => {
    const { schedule } = await failing(counting({ before: 1 }));
    const tolerant = { ...counting({ before: 1 }) };
    const fixed = scenario(tolerant.name, (world) => {
      tolerant.build(world);
      world.laws.splice(0);
    });
    await expect(check(fixed, { ...options, replay: schedule })).resolves.toMatchObject({
      runs: 1,
    });
  });
});
