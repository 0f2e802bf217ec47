import type { FaultName } from '../kernel/choices.ts';
import type { VirtualNetworkOptions } from '../network/virtual.ts';
import { callerLine } from './user-frame.ts';
import type { World } from './world.ts';

/** What a scenario asks of the runs it is given. @since 0.1.0 */
export interface ScenarioOptions {
  /** The network between its sockets. Default: adversarial, no latency. */
  readonly network?: Partial<VirtualNetworkOptions>;
  /**
   * Faults that may be drawn for a run. Default: `slow` alone, because work takes time on every
   * machine.
   */
  readonly faults?: readonly FaultName[];
  /** A run longer than this is a livelock, not a test. Default: 20,000. */
  readonly stepsMax?: number;
  /** So many times as long on the real clock as its programs' runs may take else. Default: 1. */
  readonly patience?: number;
  /**
   * Replays spent at most on reducing a failure, for scenarios whose runs take long. Default:
   * 30,000.
   */
  readonly replaysMax?: number;
}

/** What a scenario is made of, if that is data: from it the scenario can be made again anywhere. */
export interface Recipe {
  /** Who makes it. */
  readonly by: string;
  readonly [field: string]: unknown;
}

/** Builds a world and states its laws. @since 0.1.0 */
export interface Scenario {
  /** As reports and files name it. */
  readonly name: string;
  /** Builds the world of one run. */
  readonly build: (world: World) => void;
  /** What it asks of its runs. */
  readonly options: ScenarioOptions;
  /**
   * Where it was defined, relative to the current folder: `test/echo.test.ts:12:3`; empty where
   * that is not known.
   */
  readonly where: string;
  /** Undefined for one that is code. */
  readonly recipe?: Recipe | undefined;
  /** Its body is an ordinary async function, without sys. */
  readonly isRealm?: true;
}

/** Work takes time on every machine. */
const FAULTS_DEFAULT: readonly FaultName[] = ['slow'];

/** The faults that may be drawn for a run of it. */
export function faultsOf({ options }: Pick<Scenario, 'options'>): readonly FaultName[] {
  return options.faults ?? FAULTS_DEFAULT;
}

let toldOf: ((defined: Scenario) => void) | undefined;

/**
 * Until it is called with undefined: `told` hears of every scenario that is defined. For loading
 * files of them.
 */
export function collectScenarios(told: ((defined: Scenario) => void) | undefined): void {
  toldOf = told;
}

/**
 * Define a scenario: `build` is called once for each run, with a fresh world, and must do the same
 * each time.
 *
 * ```ts
 * const echo = scenario('every client gets its own bytes back', (world) => {
 *   world.process('server').spawn('server', (sys) => server(sys, { port: 7000 }));
 *   for (const name of ['a', 'b']) {
 *     world.process(name).spawn(name, (sys) => client(sys, { port: 7000 }));
 *   }
 * });
 * ```
 *
 * @since 0.1.0
 */
export function scenario(
  name: string,
  build: (world: World) => void,
  options: ScenarioOptions = {},
): Scenario {
  return define({ name, build, options, where: callerLine() });
}

/** Whoever loads a file of scenarios hears of it. */
export function define(defined: Scenario): Scenario {
  toldOf?.(defined);
  return defined;
}
