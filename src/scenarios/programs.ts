/** Programs that print: whatever the schedule, they print what their articles show. */
import type { ProgramModel } from '../models/model.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';

export const LAW_TRANSCRIPT = 'the program prints what its article shows';

export function programScenario(model: ProgramModel): Scenario {
  return scenario(`${model.id}: ${LAW_TRANSCRIPT}`, (world) => {
    world.process('program').spawn('program', model.run);
    world.finally(LAW_TRANSCRIPT, () => {
      const lines = world.output('program').split('\n').slice(0, -1);
      const { transcript } = model;
      for (let i = 0; i < Math.max(lines.length, transcript.length); i++) {
        if (lines[i] === transcript[i]) continue;
        return `line ${i + 1} is ${JSON.stringify(lines[i])}, not ${JSON.stringify(transcript[i])}`;
      }
      return true;
    });
  });
}
