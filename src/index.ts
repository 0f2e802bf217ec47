/**
 * heddle finds the order of events that breaks your server, and hands it to you as a test. The
 * public list.
 */

import { provideNodeRealms } from './node/realm/provide.ts';
import { thirdParty } from './node/third-party.ts';
import { provideThirdParties } from './sim/schedule/third-party.ts';

export { type HostPlan, type HostsConfig, type HostsPlan, hostsScenario } from './node/hosts.ts';
export { answeredLaw, exitLaw, nothingOpenLaw } from './node/laws.ts';
export { type HttpExchange, type ProgramNotes, programNotes } from './node/notes.ts';
export { crashProgram, type NodeProgramOptions, nodeProgram } from './node/program.ts';
export {
  checkOnReal,
  type RealCheckOptions,
  RealFailure,
  type RealRuns,
  type RealSockets,
} from './real/check.ts';
export {
  type LinuxRecording,
  type LinuxRunOptions,
  type LinuxRunResult,
  runOnLinux,
} from './real/linux/index.ts';
export {
  type NodeRecording,
  type NodeRunOptions,
  type NodeRunResult,
  runOnNode,
} from './real/node/index.ts';
export {
  parseRecording,
  type Recording,
  type RecordingReplayOptions,
  replayRecording,
} from './real/recording.ts';
export { readRecording, saveRecording } from './real/recording-file.ts';
export type { PostgresFault } from './services/postgres/faults.ts';
export { type PostgresOptions, postgres } from './services/postgres/postgres.ts';
export type { RedisFault } from './services/redis/faults.ts';
export { type RedisOptions, redis } from './services/redis/redis.ts';
export { replay } from './sim/explore/attempt.ts';
export {
  type Checked,
  type CheckOptions,
  check,
} from './sim/explore/check.ts';
export {
  type ClassesSeen,
  type Confidence,
  confidenceText,
  type PctBound,
  Survey,
} from './sim/explore/confidence.ts';
export { type FoundRace, findDataRace } from './sim/explore/data-races.ts';
export {
  checkDeterminism,
  type Nondeterminism,
  NondeterminismError,
} from './sim/explore/determinism.ts';
export { type ExplainOptions, explain } from './sim/explore/explain.ts';
export { type Found, type FuzzOptions, type FuzzResult, fuzz } from './sim/explore/fuzz.ts';
export { type Reached, UnreachedError } from './sim/explore/reached.ts';
export { type RecordedRun, recordRun } from './sim/explore/record.ts';
export { ScheduleFailure } from './sim/explore/reporting.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './sim/explore/shrink.ts';
export type { CrashModelName, FaultName } from './sim/kernel/choices.ts';
export { FAULT_NAMES } from './sim/kernel/choices.ts';
export { type DataRace, DataRaces, raceText } from './sim/laws/data-races.ts';
export type { VirtualNetworkOptions } from './sim/network/virtual.ts';
export type {
  CommandCall,
  CommandHandler,
  CommandOptions,
  CommandResult,
} from './sim/schedule/commands.ts';
export { Departure } from './sim/schedule/departure.ts';
export type { Failure, FailureKind } from './sim/schedule/failure.ts';
export type { HostService } from './sim/schedule/host-service.ts';
export { Realm, RealmHost, realm } from './sim/schedule/realm.ts';
export type { RunOptions, RunResult } from './sim/schedule/run.ts';
export { inMacrotask, runAsync, runSync } from './sim/schedule/runtime/execute.ts';
export type { KeysOf, ServiceOptions } from './sim/schedule/runtime/service.ts';
export { type Scenario, type ScenarioOptions, scenario } from './sim/schedule/scenario.ts';
export { Calm } from './sim/schedule/strategies/calm.ts';
export { makeStrategy, STRATEGY_NAMES } from './sim/schedule/strategies/index.ts';
export { RandomWalk } from './sim/schedule/strategies/random-walk.ts';
export { Replay } from './sim/schedule/strategies/replay.ts';
export { ReplayByName } from './sim/schedule/strategies/replay-by-name.ts';
export type { ChoicePoint, Ended, Strategy } from './sim/schedule/strategy.ts';
export { formatSchedule, parseSchedule, ScheduleError } from './sim/schedule/text.ts';
export type {
  HttpFault,
  HttpHandler,
  HttpOptions,
  ThirdParty,
} from './sim/schedule/third-party.ts';
export type {
  Check,
  HostHandle,
  ProcessHandle,
  SpawnedTask,
  TaskOptions,
  World,
} from './sim/schedule/world.ts';
export type {
  ChangedDecision,
  Explanation,
  NearestPass,
  WeighedDecision,
} from './sim/trace/explanation.ts';
export type { Effect, Parting } from './sim/trace/parting.ts';
export { formatReport } from './sim/trace/report.ts';
export { type Story, tellStory } from './sim/trace/story.ts';
export * from './sys/index.ts';

provideNodeRealms();
provideThirdParties(thirdParty);
