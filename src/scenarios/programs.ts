/** Programs that print: whatever the schedule, they print what their articles show. */
import type { ProgramModel } from '../models/model.ts';
import type { FaultName } from '../sim/kernel/choices.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';
import type { World } from '../sim/schedule/world.ts';
import type { Program, Sys } from '../sys/index.ts';

export const LAW_TRANSCRIPT = 'the program prints what its article shows';

export function programScenario(model: ProgramModel): Scenario {
  const faults: readonly FaultName[] = model.otherTranscripts === undefined ? [] : ['slow'];
  const build = (world: World): void => {
    world.process('program').spawn('program', model.run, { daemon: false });
    const { transcript, otherTranscripts = [], measures = false } = model;
    if (faults.length > 0) {
      world.process('neighbour').spawn('neighbour', takesTime, { daemon: true });
    }
    world.finally(LAW_TRANSCRIPT, () => {
      const lines = world.output('program').split('\n').slice(0, -1);
      const isSaid = (at: number, shown: readonly string[]): boolean =>
        lines[at] === shown[at] || (measures && isLater(lines[at], shown[at]));
      const length = Math.max(lines.length, transcript.length);
      const places = Array.from({ length }, (_, at) => at);
      if (otherTranscripts.some((other) => places.every((at) => isSaid(at, other)))) return true;
      for (const i of places) {
        if (isSaid(i, transcript)) continue;
        return `line ${i + 1} is ${JSON.stringify(lines[i])}, not ${JSON.stringify(transcript[i])}`;
      }
      return true;
    });
  };
  return scenario(`${model.id}: ${LAW_TRANSCRIPT}`, build, { faults });
}

/** Whether the words are equal, and the number behind them is more. */
function isLater(said = '', shown = ''): boolean {
  const [, words, time] = NUMBER_BEHIND.exec(said) ?? [];
  const [, wordsShown, timeShown] = NUMBER_BEHIND.exec(shown) ?? [];
  return words !== undefined && words === wordsShown && Number(time) > Number(timeShown);
}

const NUMBER_BEHIND = /^(.* )(\d+\.\d)$/;

/** Another program of the machine: while it works, timers of others come due unseen. */
function* takesTime(sys: Sys): Program {
  for (let i = 0; i < TURNS; i++) yield* sys.nanosleep({ ms: TURN_MS });
}

const TURN_MS = 7;
/** As long as the longest of the programs runs. */
const TURNS = 30;
