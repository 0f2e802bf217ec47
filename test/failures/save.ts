/**
 * `save.ts FOLDER MOVES TIMES THREADS`: saves a failure of MOVES moves, TIMES times in each of
 * THREADS threads at once, and prints what was not saved, as JSON.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { saveFailure } from '../../src/sim/explore/failures.ts';

const [folder = '', moves = '1', times = '1', threads = '1'] = isMainThread
  ? process.argv.slice(2)
  : (workerData as string[]);

const failure = {
  kind: 'law' as const,
  law: 'l',
  message: 'm',
  step: 1,
  task: undefined,
  signature: 's',
};
const found = { run: 1, strategy: 'random', seed: 1, decisions: 1, shrinkReplays: 0 };

function saveAll(): string[] {
  const messages: string[] = [];
  for (let time = 0; time < Number(times); time++) {
    try {
      saveFailure(
        {
          scenario: { name: 'its', build() {}, options: {}, where: '' },
          failure: { ...failure, where: undefined } as never,
          at: undefined,
          decisions: [1, 2, 3],
          named: {
            moves: Array.from({ length: Number(moves) }, (_, i) => ({ who: `task#${i}` })),
            choices: [],
          },
          digest: '0123456789abcdef',
          found,
          sources: [],
        },
        folder,
      );
    } catch (error) {
      messages.push((error as Error).message);
    }
  }
  return messages;
}

/** A thread's first file cannot be TypeScript on Node 20. */
const LOADS_THIS = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))})
  .then(({ register }) => (register(), import(${JSON.stringify(import.meta.url)})))`;

if (!isMainThread) parentPort?.postMessage(saveAll());
else if (threads === '1') console.log(JSON.stringify(saveAll()));
else {
  const all = Array.from({ length: Number(threads) }, async () => {
    const worker = new Worker(LOADS_THIS, { eval: true, workerData: [folder, moves, times] });
    const [messages] = (await once(worker, 'message')) as [string[]];
    return messages;
  });
  console.log(JSON.stringify((await Promise.all(all)).flat()));
}
