import { replacePipes } from '../guest/console.ts';
import { install } from '../guest/install.ts';
import { internals } from '../guest/internals.ts';
import { replacePools } from '../guest/pools.ts';
import { Present } from '../guest/present.ts';
import { deferOuterTimers } from './outer-timers.ts';
import { type Installed, installed, noteInstalled } from './seam.ts';

/**
 * Put the simulated network, time and randomness under Node's own library, in this realm, for
 * whoever becomes present in it; once, however often it is asked for.
 */
export function installOnce(): Installed {
  const found = installed();
  if (found !== undefined) return found;
  const present = new Present();
  const outer = deferOuterTimers(present);
  const made = { internals: internals(), present, outer };
  install(made.internals, made.present);
  replacePools(made.internals, made.present);
  replacePipes(made.internals);
  noteInstalled(made);
  return made;
}
