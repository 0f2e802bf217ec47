import type { RunResult } from '../../src/sim/schedule/run.ts';
import { runSync } from '../../src/sim/schedule/runtime/execute.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { World } from '../../src/sim/schedule/world.ts';

export interface Ran {
  readonly result: RunResult;
  readonly world: World;
}

/** Run a scenario once: calmly, or as the given run of a random walk. */
export function runOnce(scenario: Scenario, randomRun = 0): Ran {
  const strategy = randomRun === 0 ? new Calm() : new RandomWalk(1, randomRun);
  strategy.begin();
  let world: World | undefined;
  const result = runSync(scenario, {
    strategy,
    digest: true,
    watch: (run) => {
      world = run.world;
    },
  });
  return { result, world: world as World };
}

/** Path of a program in test/node/programs. */
export function program(name: string): string {
  return new URL(`./programs/${name}`, import.meta.url).pathname;
}

/** What a program with a table of behaviours prints, a line each. */
export interface Row {
  readonly name: string;
  readonly saw: unknown;
}

/** What it writes to stderr, a warning, stands in the world's output too. */
export function rowsOf(text: string): Row[] {
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Row);
}
