// Every variant runs on every kernel, or the kernel says what it lacks: what the table of kernels
// claims.

import { describe, expect, it } from 'vitest';
import { MODELS, PROGRAMS } from '../../src/models/catalogue.ts';
import type { Model, ProgramModel } from '../../src/models/model.ts';
import { print } from '../../src/models/userland/text.ts';
import { runOnLinux } from '../../src/real/linux/index.ts';
import { runOnNode } from '../../src/real/node/index.ts';
import { type CatalogueScenario, identify, SCENARIOS } from '../../src/scenarios/index.ts';
import { type Kernel, whyNotOn } from '../../src/scenarios/kernels.ts';
import { programScenario } from '../../src/scenarios/programs.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { UnsupportedError } from '../../src/sys/errors.ts';
import { whyNoLinux } from '../real-linux/linux.ts';

/** It prints, and one of its lines ends in a time that it has measured. */
const URLS = PROGRAMS.find(({ id }) => id === 'gevent-urls') as ProgramModel;
const ANOTHER_ORDER = [12, 10, 11].map((line) => URLS.transcript[line] as string);

const RUN: { readonly [kernel in Kernel]: (scenario: Scenario) => Promise<RunResult> } = {
  simulated: async (scenario) => attempt(scenario, new Calm()) as RunResult,
  'node:net': (scenario) => runOnNode(scenario),
  Linux: (scenario) => runOnLinux(scenario),
};

const kernels: readonly Kernel[] = [
  'simulated',
  'node:net',
  ...(whyNoLinux === undefined ? (['Linux'] as const) : []),
];

const lackedBy = (kernel: Kernel, { model }: CatalogueScenario): string | undefined =>
  whyNotOn(kernel, model as Model);

describe.each(kernels)('on %s', (kernel) => {
  const runs = SCENARIOS.filter((entry) => lackedBy(kernel, entry) === undefined);
  const lacking = SCENARIOS.filter((entry) => lackedBy(kernel, entry) !== undefined);
  const named = (entries: readonly CatalogueScenario[]) =>
    entries.map((entry) => [entry.scenario.name, entry] as const);

  it.each(named(runs))('%s', async (_, { model, variant, scenario }) => {
    const { failure } = await RUN[kernel](scenario);
    // As written it may show what is known to be wrong with it, and nothing else.
    const known = variant === 'asWritten' && failure !== undefined && identify(model, failure);
    if (!known || known.length === 0) expect(failure?.message).toBeUndefined();
  });

  if (lacking.length > 0) {
    it.each(named(lacking))('%s: says what is lacking', async (_, { scenario }) => {
      const { failure } = await RUN[kernel](scenario);
      expect(failure?.error).toBeInstanceOf(UnsupportedError);
      expect(failure?.message).toMatch(
        /not supported by this kernel; (run it on the simulated|docs\/linux\.md lists)/,
      );
    });
  }
});

describe('the simulated kernel', () => {
  it('runs every model', () => {
    expect(MODELS.filter((model) => whyNotOn('simulated', model) !== undefined)).toEqual([]);
  });

  it('measures to the tenth of a second what an article shows', async () => {
    const { otherTranscripts, measures, ...exact } = URLS;
    expect([otherTranscripts?.length, measures]).toEqual([5, true]);
    expect((await RUN.simulated(programScenario(exact))).failure?.message).toBeUndefined();
  });
});

describe('what a program has measured', () => {
  const saying = async (change: (lines: string[]) => void): Promise<string | undefined> => {
    const lines = [...URLS.transcript];
    change(lines);
    const run: ProgramModel['run'] = (sys) => print(sys, lines.join('\n'));
    return (await RUN.simulated(programScenario({ ...URLS, run }))).failure?.message;
  };

  it.each<[string, (lines: string[]) => void]>([
    ['later', (lines) => lines.splice(6, 1, '同步cost 1.7')],
    ['later, and answered in another order', (lines) => lines.splice(10, 3, ...ANOTHER_ORDER)],
  ])('may be %s', async (_, change) => {
    expect(await saying(change)).toBeUndefined();
  });

  it.each<[string, (lines: string[]) => void]>([
    ['earlier', (lines) => lines.splice(6, 1, '同步cost 0.9')],
    ['another thing', (lines) => lines.splice(6, 1, 'cost 1.0')],
    ['no time', (lines) => lines.splice(6, 1, '同步cost')],
    ['left out', (lines) => lines.splice(6, 1)],
    ['followed by more', (lines) => lines.push('and so on')],
  ])('may not be %s', async (_, change) => {
    expect(await saying(change)).toMatch(/^line \d+ is /);
  });
});
