import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Replay } from '../../src/sim/schedule/strategies/replay.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import type { Program, Sys } from '../../src/sys/index.ts';

export interface Ran {
  readonly output: string;
  readonly message: string | undefined;
  readonly status: number | undefined;
}

export interface Alone {
  /** How many tasks its process may have. Default: any number. */
  readonly tasksMax?: number;
  /** Default: the calm one. */
  readonly strategy?: Strategy;
}

/** A run of a program, alone on a machine that has no faults. */
export function ran(
  program: (sys: Sys) => Program,
  { tasksMax = Number.POSITIVE_INFINITY, strategy = new Replay([]) }: Alone = {},
): Ran {
  let output = '';
  const build = (world: World): void => {
    const process = world.process('program');
    process.setTasksMax(tasksMax);
    process.spawn('program', program);
    world.finally('output', () => {
      output = world.output('program');
      return true;
    });
  };
  const run = new Run(scenario('python', build, { faults: [] }), { strategy });
  const { failure } = run.execute();
  if (failure !== undefined) output = run.world.output('program');
  const { status } = run.world.processNamed('program') ?? {};
  return { output, message: failure?.message, status };
}
