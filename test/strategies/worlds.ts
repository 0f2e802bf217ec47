/** Small worlds whose schedules can be counted by hand. */
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Cell } from '../../src/sys/index.ts';

/** `steps[i]` steps for task i, none of which concerns another; `seen` is given the order of every run, as `aabb`. */
export function independent(steps: readonly number[], seen?: (order: string) => void): Scenario {
  return scenario('independent steps', (world) => {
    let order = '';
    steps.forEach((count, i) => {
      const letter = String.fromCharCode(97 + i);
      world.process(letter).spawn(letter, function* works(sys) {
        for (let n = 0; n < count; n++) {
          yield* sys.gettid();
          order += letter;
        }
      });
    });
    world.finally('the order is told', () => seen?.(order));
  });
}

/** Two tasks wait for a flag, one giving up its turn in between and one not; a third raises it after a while. */
export function spinning(): Scenario {
  return scenario('spinning', (world) => {
    const flag = new Cell('flag', false);
    const process = world.process('p');
    process.spawn('polite', function* polite(sys) {
      while (!(yield* sys.load(flag))) yield* sys.schedYield();
    });
    process.spawn('rude', function* rude(sys) {
      while (!(yield* sys.load(flag)));
    });
    process.spawn('raises', function* raises(sys) {
      for (let i = 0; i < 10; i++) yield* sys.gettid();
      yield* sys.store(flag, true);
    });
  });
}
