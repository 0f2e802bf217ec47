import { syncBuiltinESMExports } from 'node:module';
import { replaceClocks } from './clock.ts';
import { replaceRandomness } from './entropy.ts';
import { Files } from './files/files.ts';
import { replaceConnectionsList } from './http.ts';
import { replacePings } from './http2.ts';
import type { Internals } from './internals.ts';
import { replaceNames } from './names.ts';
import { endStacks } from './own-frames.ts';
import type { Present } from './present.ts';
import { replaceEnds, replaceIdentity } from './process.ts';
import { replaceProcesses } from './processes.ts';
import { refuseTheRealWorld } from './refuse.ts';
import { reloadNetwork } from './reload.ts';
import { replaceStreams } from './streams.ts';
import { replaceTimerClock } from './timers.ts';
import { replaceRoots } from './trust.ts';
import { replaceDatagrams } from './udp.ts';
import { replaceWork } from './work.ts';

/**
 * Put everything in its place, once: from now on Node's library asks `present` whose affair it is.
 */
export function install(internals: Internals, present: Present): void {
  endStacks(internals, present);
  refuseTheRealWorld(internals, present);
  replaceStreams(internals, present);
  replaceRoots(internals, present);
  replaceDatagrams(internals, present);
  replaceProcesses(internals, present);
  replaceNames(internals, present);
  replaceConnectionsList(internals, present);
  replacePings(internals, present);
  replaceRandomness(internals, present);
  replaceWork(internals, present);
  new Files(internals, present).replace();
  replaceTimerClock(internals, present);
  replaceClocks(internals, present);
  replaceIdentity(present);
  replaceEnds(internals, present);
  reloadNetwork(internals);
  syncBuiltinESMExports();
}
