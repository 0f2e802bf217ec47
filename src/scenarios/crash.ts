/** Whatever saves something: its machine crashes at any moment, twice, and starts again. */
import type { Store } from '../models/model.ts';
import { atomicReplaceLaw, durableLaw, SaveHistory } from '../sim/laws/saves.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';
import type { Program, Sys } from '../sys/index.ts';
import { type Variant, variantText } from './echo.ts';

/** Two of them show how one takes the place of another, the third what was left by that. */
const SAVES = 3;
const CRASHES = 2;

export function crashScenario(model: Store, variant: Variant): Scenario {
  const { id, path, recover, found, keeps } = model;
  return scenario(
    `${id} (${variantText(variant)}): a crash takes nothing that was saved`,
    (world) => {
      const db = world.host('db');
      db.setCrashModel(world.drawFrom('what a crash may take', ['ext4', 'harsh']));
      const saves = new SaveHistory();
      let count = 0;
      function* store(sys: Sys): Program {
        if (variant === 'corrected') yield* recover?.(sys, path) ?? [];
        while (count < SAVES) {
          const value = `value ${++count}`;
          const told = saves.begin(value);
          yield* model[variant](sys, path, value);
          told();
        }
      }
      function* power(sys: Sys): Program {
        for (let i = 0; i < CRASHES; i++) {
          yield* sys.getpid();
          db.crash();
          yield* sys.getpid();
          db.restart();
        }
      }
      db.process('store').spawn('store', store);
      world.host('power').process('power').spawn('power', power);
      const values = (): string[] => found[variant](db.readFile(path));
      if (keeps === 'last') atomicReplaceLaw(world, db, { path, saves });
      durableLaw(world, db, { saves, found: values, keeps });
    },
    { faults: [] },
  );
}
