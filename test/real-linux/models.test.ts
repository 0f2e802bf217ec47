import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import { runOnLinux } from '../../src/real/linux/run.ts';
import { echoScenario } from '../../src/scenarios/echo.ts';
import { whyNotOn } from '../../src/scenarios/kernels.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { onLinux, whyNoLinux } from './linux.ts';

describe.skipIf(whyNoLinux !== undefined)(onLinux('models on Linux'), () => {
  const servers = MODELS.filter((model) => whyNotOn('Linux', model) === undefined);
  it.each(servers.map((model) => [model.id, model] as const))(
    '%s, corrected, gives every client its own bytes back',
    async (_, model) => {
      for (let seed = 1; seed <= 5; seed++) {
        const echo = echoScenario(model, 'corrected');
        const { failure } = await runOnLinux(echo, { strategy: new RandomWalk(seed) });
        expect(failure?.message, `seed ${seed}`).toBeUndefined();
      }
    },
  );
});
