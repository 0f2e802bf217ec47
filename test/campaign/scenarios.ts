/** Small scenarios that fail in known ways, in the text of a file and as they are. */
import type { Program } from '../../src/index.ts';
import { Cell, type Scenario, scenario } from '../../src/index.ts';

function adders(name: string, count: number, judge: (sum: number) => void): Scenario {
  return scenario(name, (world) => {
    world.process('p').spawn('main', function* main(sys): Program {
      const cell = new Cell('v', 0);
      function* add(own: typeof sys): Program {
        yield* own.store(cell, (yield* own.load(cell)) + 1);
      }
      const ids: number[] = [];
      for (let i = 0; i < count; i++) ids.push(yield* sys.spawn(add));
      for (const id of ids) yield* sys.join(id);
      judge(cell.value);
    });
  });
}

/** Fails in two ways, often. */
export const three: Scenario = adders('three of them', 3, (sum) => {
  if (sum === 1) throw new Error('two updates were lost');
  if (sum === 2) throw new Error('one update was lost');
});

/** Fails in one way. */
export const two: Scenario = adders('two of them', 2, (sum) => {
  if (sum === 1) throw new Error('an update was lost');
});

/** Never fails, and has more classes of interleavings than can be met soon. */
export const calm: Scenario = adders('six of them', 6, () => {});
