import type { Observation } from '../schedule/observation.ts';
import { Run } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import {
  type Breadth,
  Enough,
  Guided,
  type Impasse,
  sightText,
} from '../schedule/strategies/guided.ts';

export interface GuideOptions {
  /** Runs to try. Default: 20,000. */
  readonly runsMax?: number;
}

/** What came of the search. */
export interface Guidance {
  /**
   * A run of the simulator in which every task saw what was observed; undefined if none was found.
   */
  readonly schedule: readonly number[] | undefined;
  readonly runs: number;
  /** Every run there is was tried: there is none. Otherwise the search was given up. */
  readonly exhausted: boolean;
  /** Syscalls that were observed, and how many of them the furthest run had seen. */
  readonly observed: number;
  readonly matched: number;
  /** The steps at which the furthest runs parted from the observed one. */
  readonly impasses: readonly Impasse[];
}

/**
 * Whether the simulator can produce a run that was observed elsewhere: on Linux, on node:net. Looks
 * for a schedule without faults under which each task makes the same syscalls with the same
 * results. First with the tasks in the observed order, then in any order. For scenarios of
 * generators.
 */
export function guide(
  scenario: Scenario,
  observation: Observation,
  options: GuideOptions = {},
): Guidance {
  const runsMax = Math.ceil((options.runsMax ?? 20_000) / BREADTHS.length);
  const tried: Guidance[] = [];
  for (const breadth of BREADTHS) {
    const last = search(scenario, new Guided(observation, breadth), runsMax, observation);
    tried.push(last);
    if (last.schedule !== undefined) break;
  }
  const furthest = tried.reduce((best, each) => (each.matched >= best.matched ? each : best));
  const runs = tried.reduce((sum, each) => sum + each.runs, 0);
  return { ...furthest, runs, exhausted: (tried.at(-1) as Guidance).exhausted };
}

const BREADTHS: readonly Breadth[] = ['narrow', 'near', 'wide'];

function search(
  scenario: Scenario,
  guided: Guided,
  runsMax: number,
  { sights }: Observation,
): Guidance {
  const observed = [...sights.values()].reduce((sum, { length }) => sum + length, 0);
  let runs = 0;
  let exhausted = false;
  let schedule: number[] | undefined;
  while (schedule === undefined && runs < runsMax) {
    if (!guided.begin()) {
      exhausted = true;
      break;
    }
    runs++;
    const run = new Run(scenario, { strategy: guided, observer: guided, faults: [] });
    pursue(run, guided);
    if (guided.found) schedule = run.tape.schedule();
  }
  const { impasses } = guided;
  const matched = schedule === undefined ? (impasses[0]?.matched ?? 0) : observed;
  return { schedule, runs, exhausted, observed, matched, impasses };
}

/** Up to where a task sees something else, or all has been seen. */
function pursue(run: Run, guided: Guided): void {
  try {
    run.begin();
    for (;;) {
      if (run.canStep) run.step();
      else if (!run.advanceTime()) break;
    }
    guided.stuck(run.world.tasks);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
}

/** The search in words, for whoever wants to know why there is no such run. */
export function guidanceText({ schedule, runs, matched, ...rest }: Guidance): string {
  if (schedule !== undefined) return `produced by run ${runs}`;
  const lines = rest.impasses.map(({ task, step, observed, offered }) => {
    const wanted = observed === undefined ? 'nothing more' : sightText(observed);
    return `  ${task}, its syscall ${step}: observed ${wanted}; offered ${offered.join(' | ')}`;
  });
  const how = rest.exhausted ? 'no run is' : 'not found';
  return [
    `${how} like that: ${matched} of ${rest.observed} syscalls in ${runs} runs`,
    ...lines,
  ].join('\n');
}
