// By which lines a program came to a step.
import { describe, expect, it } from 'vitest';
import { inMacrotask, type Program, type Scenario, type Sys, scenario } from '../../src/index.ts';
import { traceRun } from '../../src/sim/explore/trace.ts';

const HERE = 'test/viewer/callers.test.ts';

function* asks(sys: Sys): Program<number> {
  return yield* sys.getpid();
}

async function asksLater(sys: Sys): Promise<number> {
  await sys.gettid();
  return sys.getpid();
}

const nested: Scenario = scenario('nested', (world) => {
  world.process('p').spawn('a', function* first(sys) {
    yield* asks(sys);
  });
  world.process('p').spawn('b', async function second(sys) {
    await asksLater(sys);
  });
});

describe('the callers of a step', () => {
  it('are the lines of generators and of async functions, also behind an await', async () => {
    const { model } = await inMacrotask(() => traceRun(nested, [], { roadStepsMax: 0 }));
    const told = model.steps
      .filter(({ call }) => call === 'getpid')
      .map(({ where, callers }) => [where, ...named(callers)].map(withoutColumn));
    expect(told).toEqual([
      [`${HERE}:9`, `${HERE}:19 first`],
      [`${HERE}:14`, `${HERE}:22 second`],
    ]);
  });
});

/** Without columns. */
function withoutColumn(line: string): string {
  const [place = '', name = ''] = line.split('\t');
  // Source maps of a test runner leave out the word.
  return `${place.replace(/:\d+$/, '')} ${name.replace('async ', '')}`.trim();
}

/** Without the line below which all of it runs, that of this test, which has no name. */
function named(callers: string): string[] {
  return callers.split('\n').filter((line) => !line.endsWith('\t'));
}
