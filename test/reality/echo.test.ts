import { describe, expect, it } from 'vitest';
import { MODELS, modelNamed } from '../../src/models/catalogue.ts';
import type { Manner } from '../../src/models/clients/echo.ts';
import type { Model } from '../../src/models/model.ts';
import { runOnLinux } from '../../src/real/linux/run.ts';
import { runOnNode } from '../../src/real/node/index.ts';
import { type ClientPlan, echoScenario } from '../../src/scenarios/echo.ts';
import { type Kernel, whyNotOn } from '../../src/scenarios/kernels.ts';
import { guidanceText, guide } from '../../src/sim/explore/guide.ts';
import { Onlooker } from '../../src/sim/schedule/observation.ts';
import type { Observer } from '../../src/sim/schedule/observer.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { whyNoLinux } from '../real-linux/linux.ts';

const client = (manner: Manner, ...pieces: string[]): ClientPlan => ({
  manner,
  pieces: pieces.map((piece) => new TextEncoder().encode(piece)),
});

type Company = readonly [name: string, clients: readonly ClientPlan[]];

const COMPANIES: readonly Company[] = [
  ['one client', [client('plain', 'ab')]],
  ['two clients', [client('half-close', 'abc', 'de'), client('plain', 'x')]],
  ['one that resets and one that stays', [client('resets', 'abc'), client('plain', 'hey')]],
];
const THREE: Company = [
  'three clients',
  [client('in-turn', 'ab', 'cd'), client('plain', 'Hello'), client('half-close', '1', '2')],
];

interface Arm {
  readonly name: Kernel;
  readonly run: typeof runOnLinux | typeof runOnNode;
  /** Whose runs with three clients the search finds within seconds. */
  readonly crowded: readonly string[];
  /** Whose runs with more than one client it does not find in time. */
  readonly lonely: readonly string[];
}

/**
 * It rests in between, and others move while it does. In the simulator time goes on only when
 * no task can move: after a rest all that was under way has arrived, while on node:net a rest may
 * end in the middle of it.
 */
const RESTING = 'nonblocking';
/** It rests over each answer: of several clients, whoever the machine has time for moves then. */
const WORKING = 'time-sleep';
const BLOCKING = ['sequential', 'threaded', 'threaded-queue', 'fork'];
const MULTIPLEXING = ['select-queues', 'poll', 'epoll-edge', 'streams', 'protocol', 'got-select'];

const ARMS: readonly Arm[] = [
  {
    name: 'Linux',
    run: runOnLinux,
    crowded: [...BLOCKING, ...MULTIPLEXING, 'asyncio-queue', 'coroutine-scheduler'],
    lonely: [WORKING],
  },
  {
    name: 'node:net',
    run: runOnNode,
    crowded: [...BLOCKING, 'got-sequential', 'got-threaded'],
    lonely: [WORKING, 'signal-driven', 'completion'],
  },
];

const RUNS_MAX = 10_000;

async function produced(
  run: Arm['run'],
  model: Model,
  clients: readonly ClientPlan[],
  seed: number,
) {
  const echo = echoScenario(model, 'corrected', { clients });
  const witness = new Onlooker();
  const strategy: { strategy?: Strategy } = seed === 0 ? {} : { strategy: new RandomWalk(seed) };
  const observe = (): Observer => witness;
  const result: RunResult = await run(echo, { observe, ...strategy });
  expect(result.failure?.message).toBeUndefined();
  return guide(echo, witness.observation, { runsMax: RUNS_MAX });
}

describe.each(ARMS.filter(({ name }) => name !== 'Linux' || whyNoLinux === undefined))(
  'what happens on $name',
  ({ name, run, crowded, lonely }) => {
    const companies = (id: string): readonly Company[] => {
      if (lonely.includes(id)) return COMPANIES.slice(0, 1);
      return crowded.includes(id) ? [...COMPANIES, THREE] : COMPANIES;
    };
    const models = MODELS.filter(
      (model) => whyNotOn(name, model) === undefined && model.id !== RESTING,
    );
    it.skip(
      `to ${RESTING} [a rest ends in the middle of what others do; in the simulator it outlasts it]`,
    );
    const cases = models.flatMap(({ id }) =>
      companies(id).map(([company, clients]) => [id, company, clients] as const),
    );
    it.each(cases)('to %s with %s can happen in the simulator', async (id, _, clients) => {
      for (const seed of [0, 1]) {
        const guidance = await produced(run, modelNamed(id) as Model, clients, seed);
        expect(guidance.schedule, `seed ${seed}: ${guidanceText(guidance)}`).toBeDefined();
      }
    });
  },
);

describe('the search for an observed run', () => {
  it('says which step no outcome of the simulator matches', async () => {
    const echo = echoScenario(modelNamed('sequential') as Model, 'corrected', {
      clients: [client('plain', 'ab')],
    });
    const witness = new Onlooker();
    await runOnNode(echo, { observe: () => witness });
    const { inputs, sights, turns } = witness.observation;
    const changed = new Map(
      [...sights].map(([path, all]) => [
        path,
        all.map((sight) =>
          sight.asked.startsWith('recv') && sight.got === '2 B 6162'
            ? { ...sight, got: '2 B 6163' }
            : sight,
        ),
      ]),
    );
    const guidance = guide(echo, { inputs, sights: changed, turns });
    expect(guidance.schedule).toBeUndefined();
    expect(guidance.exhausted).toBe(true);
    expect(guidanceText(guidance)).toMatch(
      /server, its syscall \d+: observed recv 4 → 2 B 6163; offered recv 4 → 2 B 6162/,
    );
  });
});
