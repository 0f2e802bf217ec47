import { type Scenario, scenario } from 'heddle';
import { StoreClient } from './client.ts';
import { type Framing, storeServer } from './server.ts';

const PORT = 7000;

/** What is asked of the store, in order, and what has to come back. */
export interface Exchange {
  readonly line: string;
  readonly answer: string;
}

/** A client that asks one thing after the other, and a network that cuts and joins as it likes. */
export function conversation(
  name: string,
  framing: () => Framing,
  exchanges: readonly Exchange[],
): Scenario {
  return scenario(
    name,
    (world) => {
      const wrong: string[] = [];
      world.process('server').spawn('server', (sys) => storeServer(sys, PORT, framing));
      world.process('client').spawn(
        'client',
        function* (sys) {
          const store = yield* StoreClient.connect(sys, PORT);
          for (const { line, answer } of exchanges) {
            const got = yield* store.ask(line);
            if (got !== answer) wrong.push(`"${line}" was answered with "${got}", not "${answer}"`);
          }
          yield* store.close();
        },
        { afterListen: PORT },
      );
      world.always('each line has its own answer', () => wrong[0] ?? true);
    },
    { faults: ['shortRead', 'shortWrite', 'byteAtATime'] },
  );
}
