/** docs/servers: the course of the ten servers, with a picture of each and answers from its run. */
import { MODELS } from '../src/models/catalogue.ts';
import type { Model } from '../src/models/model.ts';
import { tourScenario } from '../src/scenarios/comparison.ts';
import { traceRun } from '../src/sim/explore/trace.ts';
import type { TraceModel } from '../src/sim/trace/model.ts';
import { runPicture } from './run-picture.ts';

/** In the order of the course, each with what is new in it. */
const COURSE: readonly (readonly [id: string, about: string])[] = [
  [
    'sequential',
    'One task does one thing after another. While it serves a client it does nothing else, so whoever comes second waits at the door until the first has left.',
  ],
  [
    'threaded',
    'The main task only accepts. Each connection has a thread of its own, which sleeps in `recv` until its client speaks. Threads share memory: what belongs to all of them needs a lock.',
  ],
  [
    'fork',
    'Each connection has a process of its own. Nothing is shared but what was open before the fork; so both sides have to close what they do not need, and the parent has to wait for its children.',
  ],
  [
    'select-queues',
    'One task again, but it sleeps in one place for everybody: select says which descriptors are ready. What is to be sent waits in a queue for each client until its socket has room.',
  ],
  [
    'poll',
    'As with select, without its limit of 1,024 descriptors. The kernel is handed the whole list with each call.',
  ],
  [
    'epoll-level',
    'The list stays in the kernel: epoll_ctl changes it, and epoll_wait gives those that are ready. Level-triggered: whatever is still ready is told again.',
  ],
  [
    'epoll-edge',
    'Edge-triggered: a descriptor is told once, when it becomes ready. Whoever does not read until EAGAIN may wait for ever.',
  ],
  [
    'selectors',
    'The loop knows nothing of clients: it calls back what was registered with a descriptor. Each callback has to return before anybody else is served.',
  ],
  [
    'mini-loop',
    'Coroutines on an event loop of thirty lines: code that reads like the sequential server, and moves like the one with epoll.',
  ],
  [
    'streams',
    'A coroutine for each connection over streams of asyncio: the loop, the buffers and the flow control are the library’s.',
  ],
];

const modelOf = (id: string): Model => {
  const model = MODELS.find((one) => one.id === id);
  if (model === undefined) throw new Error(`there is no model ${id}`);
  return model;
};

/** The calm run of the tour: two clients, two messages each, one millisecond apart. */
function tourOf(id: string): TraceModel {
  return traceRun(tourScenario(modelOf(id), 'corrected'), [], { roadStepsMax: 0 }).model;
}

export function serverPictures(): { path: string; page: () => string }[] {
  return COURSE.map(([id]) => ({
    path: `docs/servers/${id}.svg`,
    page: () => runPicture(tourOf(id)),
  }));
}

/** Whether a lane is the server's: the clients are processes of their own. */
function serves({ lanes }: TraceModel, lane: number): boolean {
  return !(lanes[lane]?.name ?? '').startsWith('client');
}

/** `2 tasks; they sleep in accept (3 times) and recv (5 times)`. */
function sleepsOf(model: TraceModel): string {
  const tasks = model.lanes.filter((_, lane) => serves(model, lane)).length;
  const sleeps = new Map<string, number>();
  for (const { lane, status, name } of model.spans) {
    if (status !== 'asleep' || !serves(model, lane)) continue;
    sleeps.set(name, (sleeps.get(name) ?? 0) + 1);
  }
  const calls = [...sleeps].map(([name, n]) => `\`${name}\` (${n === 1 ? 'once' : `${n} times`})`);
  const who = tasks === 1 ? 'One task; it sleeps' : `${tasks} tasks; they sleep`;
  return calls.length === 0 ? `${who} nowhere.` : `${who} in ${calls.join(', ')}.`;
}

/** Whether the client that is answered later has its first answer while the other is there. */
function secondIsServedBeside(model: TraceModel): boolean {
  const clients = model.lanes.flatMap(({ name }, lane) => (name.startsWith('client') ? lane : []));
  const firstAnswer = clients.map(
    (lane) =>
      model.steps.findIndex(
        (step) => step.lane === lane && step.call === 'recv' && step.result.startsWith('"'),
      ) + 1,
  );
  const left = clients.map(
    (lane) => model.steps.findLastIndex((step) => step.lane === lane && step.kind === 'call') + 1,
  );
  const [one = 0, other = 0] = firstAnswer;
  return one < other ? other < (left[0] as number) : one < (left[1] as number);
}

function section([id, about]: (typeof COURSE)[number], at: number): string {
  const model = modelOf(id);
  const run = tourOf(id);
  const faults = model.faults.map(({ what, needs }) => `- ${what} (needs: ${needs})`).join('\n');
  const beside = secondIsServedBeside(run)
    ? 'No: both are served side by side.'
    : 'Yes: its first answer comes when the other has left.';
  return `## ${at + 1}. ${id}

${about} The program is [src/models/${id}.ts](../../src/models/${id}.ts).

![The calm run of ${id}: ${model.what}](${id}.svg)

**Where it breaks**, as its article has it:

${faults}

**Exercise.** Two clients send two messages each. From the picture: how many tasks serve them, and in which calls do these sleep? Does the client that is answered later have
to wait until the other has left? Then let heddle break it: \`npx heddle fuzz ${id}\`.

<details>
<summary>Answer</summary>

${sleepsOf(run)} ${beside}

</details>`;
}

export function coursePage(): string {
  return `# The course: ten servers for one service

Written by \`npm run docs\`: pictures and answers come from runs of the corrected servers.

The service is an echo: what a client sends it gets back. Ten programs do it, and they differ in one thing: where they sleep, and who wakes them. Read the pictures from the top: each column is a task,
each dot a step; a solid line may move, a dashed one sleeps, and an arrow is bytes on their way. Time passes only where everybody sleeps.

${COURSE.map(section).join('\n\n')}

## All ten at once

\`npx heddle view --compare\` pays the same visit to several servers and draws them side by side: steps, wake-ups and tasks are counted. Which one is the fastest it cannot say: a simulated
machine knows no speed.
`;
}
