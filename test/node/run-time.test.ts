import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostsScenario } from '../../src/node/hosts.ts';
import { parseHosts } from '../../src/node/hosts-text.ts';
import { check } from '../../src/sim/explore/check.ts';
import { savedFailures } from '../../src/sim/explore/failures.ts';
import { replaySaved } from '../../src/sim/explore/replay-file.ts';
import type { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';

let folder: string;
// One for each test and each try of it: what an earlier one has saved is tried first.
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Short: these programs never end, whatever the machine is doing. */
const RUN_TIME_MS = 300;

/** Programs that never give way, or never end, each with the line in which it stands. */
const ENDLESS: readonly (readonly [what: string, line: number, source: string])[] = [
  ['a loop', 3, `setTimeout(() => {\n  const done = false;\n  while (!done);\n}, 20);\n`],
  ['a loop at its start', 1, `for (;;);\n`],
  ['immediates', 2, `function again() {\n  setImmediate(again);\n}\nagain();\n`],
  ['microtasks', 2, `async function again() {\n  for (;;) await null;\n}\nsetTimeout(again, 5);\n`],
  ['ticks', 2, `function again() {\n  process.nextTick(again);\n}\nsetTimeout(again, 5);\n`],
  [
    'a timer',
    3,
    `await new Promise(() => {\n  setInterval(() => {\n    Math.random();\n  }, 1);\n});\n`,
  ],
];

function scenarioOf(name: string, source: string): Scenario {
  const path = join(folder, `${name.replaceAll(' ', '-')}.mjs`);
  writeFileSync(path, source);
  const hosts = parseHosts(`server=${path}`);
  return hostsScenario({ hosts, runTimeMs: RUN_TIME_MS, stepsMax: 1_000_000_000 });
}

/** Counts runs that the real clock has ended. */
function counting(scenario: Scenario): { scenario: Scenario; ended: () => number } {
  let count = 0;
  const build: Scenario['build'] = (world) => {
    scenario.build(world);
    world.onEnd(() => {
      count += world.deaths.length;
    });
  };
  return { scenario: { ...scenario, build }, ended: () => count };
}

describe('a program that does not end', () => {
  it.each(ENDLESS)(
    'is told with its line: %s',
    async (name, line, source) => {
      const { scenario, ended } = counting(scenarioOf(name, source));
      const failure: ScheduleFailure = await check(scenario, { runs: 3, folder }).catch((e) => e);
      expect(failure.failure).toMatchObject({ kind: 'livelock', law: 'every run ends' });
      expect(failure.failure.message).toMatch(/^server has not come to an end after 0\.3 s/);
      expect(failure.failure.message).toMatch(new RegExp(`[(/][^ ]*\\.mjs:${line}:\\d+`));
      expect(failure.message).toContain('found      the calm run, before the search');
      // Telling and saving it have not waited again.
      expect(ended()).toBe(1);
    },
    120_000,
  );

  it('is run again up to where its run was ended, with one digest', async () => {
    const [[name, , source]] = ENDLESS as [(typeof ENDLESS)[number]];
    const scenario = scenarioOf(`${name} again`, source);
    await check(scenario, { runs: 3, folder }).catch(() => {});
    const saved = savedFailures(folder).find(({ file }) => file.scenario.name === scenario.name);
    if (saved === undefined) throw new Error('nothing was saved');
    for (let time = 0; time < 2; time++) {
      const { same, recorded } = replaySaved(scenario, saved);
      expect(same).toBe(true);
      expect(recorded.run.failure?.signature).toBe(saved.file.failure.signature);
    }
  }, 120_000);

  it('has passed its failure once it is fixed', async () => {
    const source = (loops: boolean): string => `setTimeout(() => {\n  while (${loops});\n}, 20);\n`;
    const scenario = scenarioOf('fixed', source(true));
    await check(scenario, { runs: 3, folder }).catch(() => {});
    const notes: string[] = [];
    scenarioOf('fixed', source(false));
    await check(scenario, { runs: 1, folder, note: (text) => notes.push(text) });
    expect(notes.join()).toContain('passes now');
  }, 120_000);
});

describe('a program that waits for what is lost', () => {
  it('is told with the lines where it waits, beside a server that is open', async () => {
    const write = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const server = write(
      'loses.mjs',
      `import net from 'node:net';
       const answer = () => new Promise(() => {});
       net.createServer(async (socket) => {
         const text = await answer();
         socket.end(text);
       }).listen(8080);`,
    );
    const client = write(
      'waits.mjs',
      `import net from 'node:net';
       import { once } from 'node:events';
       const socket = net.connect(8080, 'server');
       await once(socket, 'data');`,
    );
    const scenario = hostsScenario({ hosts: parseHosts(`server=${server},client=${client}`) });
    const failure = await check(scenario, { runs: 2, folder: false }).catch((error) => error);
    expect(failure.message).toMatch(/awaits {5}server at \S*Server\S* \(\S*loses\.mjs:4:\d+\)/);
    expect(failure.message).toMatch(/client at \S*waits\.mjs:4:\d+/);
  }, 120_000);
});
