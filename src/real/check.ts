import { resolve } from 'node:path';
import type { Failure } from '../sim/schedule/failure.ts';
import type { Run } from '../sim/schedule/run.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { asCause } from '../sim/schedule/user-frame.ts';
import { Recorder, withSourcesMeanwhile } from '../sim/trace/recorder.ts';
import { formatReport } from '../sim/trace/report.ts';
import { tellStory } from '../sim/trace/story.ts';
import { runOnLinux } from './linux/index.ts';
import { runOnNode } from './node/index.ts';

/** Whose sockets: Node's, under heddle's kernel, or Linux's own through libc. */
export type RealSockets = 'node' | 'linux';

/** In words, for names of tests. */
export const REAL_SOCKETS: Readonly<Record<RealSockets, string>> = {
  node: "on Node's sockets",
  linux: "on Linux's sockets",
};

/**
 * A scenario failed on real sockets. There is no schedule that would bring it back: real time has
 * decided.
 */
export class RealFailure extends Error {
  override readonly name = 'RealFailure';
  /** What went wrong, in parts. */
  declare readonly failure: Failure;

  constructor(report: string, failure: Failure, at: string | undefined) {
    super(report, asCause(failure.error));
    Object.defineProperty(this, 'failure', { value: failure });
    this.stack = `${this.name}: ${report}${at === undefined ? '' : `\n    at ${resolve(at)}`}`;
  }
}

/** Tests run on machines that do other things besides. */
const IDLE_MS_MAX = 3_000;

/**
 * Run a scenario once on real sockets, with its inputs the simplest. Rejects with a {@link
 * RealFailure} whose message is the report, and with a UsageError where there are no such sockets.
 */
export async function checkOnReal(scenario: Scenario, sockets: RealSockets): Promise<void> {
  let watched: { readonly run: () => Run; readonly recorder: Recorder } | undefined;
  const observe = (run: () => Run): Recorder => {
    const recorder = new Recorder(run);
    watched = { run, recorder };
    return recorder;
  };
  const options = { observe, idleMsMax: IDLE_MS_MAX };
  const { failure } = await withSourcesMeanwhile(() =>
    sockets === 'node' ? runOnNode(scenario, options) : runOnLinux(scenario, options),
  );
  if (failure === undefined || watched === undefined) return;
  const { world } = watched.run();
  watched.recorder.finish();
  const story = tellStory(failure, world, watched.recorder);
  const report = formatReport(story, {
    scenario: scenario.name,
    untitled: true,
    found: `${REAL_SOCKETS[sockets]}, in real time`,
    next: [],
  });
  throw new RealFailure(report, failure, story.at);
}
