import { syncBuiltinESMExports } from 'node:module';
import type { GuestConfig } from '../wire.ts';
import { replaceClocks } from './clock.ts';
import { replaceRandomness } from './entropy.ts';
import { noteExchanges } from './exchanges.ts';
import { replaceFiles } from './files.ts';
import { replaceConnectionsList } from './http.ts';
import { replacePings } from './http2.ts';
import type { Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { replaceNames } from './names.ts';
import { replaceEnds, replaceIdentity, replaceThread } from './process.ts';
import { refuseTheRealWorld } from './refuse.ts';
import { reloadNetwork } from './reload.ts';
import { replaceStreams } from './streams.ts';
import { Timers } from './timers.ts';
import { replaceDatagrams } from './udp.ts';
import { replaceWork } from './work.ts';

export type InstallConfig = Pick<GuestConfig, 'hostname' | 'pid' | 'seed' | 'epochMs'>;

/** Put everything in its place, before the program's first line. */
export function install(internals: Internals, loop: GuestLoop, config: InstallConfig): void {
  refuseTheRealWorld(internals);
  replaceStreams(internals, loop);
  replaceDatagrams(internals, loop);
  replaceNames(internals, loop);
  replaceConnectionsList(internals, loop);
  replacePings(internals, loop);
  replaceRandomness(internals, loop, config.seed);
  replaceWork(internals, loop);
  replaceFiles(loop);
  loop.timers = new Timers(loop);
  replaceClocks(loop, config.epochMs);
  replaceIdentity(config);
  if (loop.ends) {
    replaceEnds(internals, loop);
    replaceThread(internals);
    // Without hosts there are no laws that ask for them.
    noteExchanges(loop);
  }
  reloadNetwork(internals);
  syncBuiltinESMExports();
}
