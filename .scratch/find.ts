import { SCENARIOS } from '../src/scenarios/index.ts';
import { fuzz } from '../src/sim/explore/fuzz.ts';
import { shrink } from '../src/sim/explore/shrink.ts';
import { traceRun } from '../src/sim/explore/trace.ts';
for (const id of ['threaded', 'sequential', 'threaded-queue']) {
  const { scenario } = SCENARIOS.find((e) => e.model.id === id && e.variant === 'asWritten')!;
  for (let seed = 1; seed < 6; seed++) {
    const t0 = performance.now();
    const { found } = fuzz(scenario, { runs: 500, seed });
    if (!found) { console.log(id, seed, 'none'); continue; }
    const { decisions } = shrink(scenario, found);
    const { model } = traceRun(scenario, decisions, { roadStepsMax: 0 });
    console.log(id, seed, Math.round(performance.now() - t0), model.failure?.message.slice(0, 60), model.decisions.filter((d) => d.choice).map((d) => d.kind).join(), model.steps.filter((s) => s.call === 'recv' && model.lanes[s.lane!]?.name.startsWith('client')).length, model.steps.length);
  }
}
