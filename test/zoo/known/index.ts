/** All published bugs that were re-created here, alone and in company. */
import type { Scenario } from '../../../src/sim/schedule/scenario.ts';
import { scenario } from '../../../src/sim/schedule/scenario.ts';
import type { World } from '../../../src/sim/schedule/world.ts';
import type { Means } from '../means.ts';
import { CVES } from './cves.ts';
import { DEQUES } from './deques.ts';
import { GOKER_BLOCKING } from './goker-blocking.ts';
import { GOKER_RACES } from './goker-races.ts';
import { INSPECT } from './inspect.ts';
import { JAVA } from './java.ts';
import { alone, inCompany, type Known, type Play } from './known.ts';
import { NSPR } from './nspr.ts';
import { RACE_BENCH } from './racebench.ts';

export const KNOWN: readonly Known[] = [
  ...DEQUES,
  ...INSPECT,
  ...NSPR,
  ...CVES,
  ...RACE_BENCH,
  ...JAVA,
  ...GOKER_BLOCKING,
  ...GOKER_RACES,
];

/** The 32-bit FNV-1a hash of a name (isthe.com/chongo/tech/comp/fnv). */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * Whether a program is held back: no strategy and no share of the portfolio was chosen by what was
 * measured on it. Two of three are, by the hash of the name, so that nobody has chosen which.
 */
export function isHeldBack(name: string): boolean {
  return hashOf(name) % 3 !== 0;
}

/** A program of the zoo that is made of a {@link Known} one. */
export interface KnownSpecimen {
  readonly name: string;
  readonly scenario: Scenario;
  /** The same without the mistake. */
  readonly corrected: Scenario;
  readonly source: string;
  readonly mistake: string;
  readonly heldBack: boolean;
  readonly published?: Means;
}

function specimenOf(
  { name, source, mistake, published, build }: Known,
  suffix: string,
  playIn: (world: World) => Play,
): KnownSpecimen {
  const full = `${name}${suffix}`;
  return {
    name: full,
    scenario: scenario(full, (world) => build(world, false, playIn(world))),
    corrected: scenario(`${full}, corrected`, (world) => build(world, true, playIn(world))),
    source,
    mistake,
    // Both of its forms are on the same side.
    heldBack: isHeldBack(name),
    // What was measured was the program by itself.
    ...(published === undefined || suffix !== '' ? {} : { published }),
  };
}

export const KNOWN_SPECIMENS: readonly KnownSpecimen[] = KNOWN.flatMap((known) => {
  const its = specimenOf(known, '', alone);
  return known.startsAll ? [its] : [its, specimenOf(known, ', in company', inCompany)];
});
