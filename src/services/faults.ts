import { KIND } from '../sim/kernel/choices.ts';
import type { World } from '../sim/schedule/world.ts';
import { UsageError } from '../sys/errors.ts';

/** The faults that somebody may have, in the order of their draws; reports say `it may …`. */
export type FaultWords<F extends string> = Readonly<Record<F, string>>;

/** What a fault does when it strikes, in words. */
export interface Strike<F extends string> {
  readonly fault: F;
  readonly text: string;
}

/** @throws UsageError where one that was asked for is none of those that `whose` may have */
export function requireFaults<F extends string>(
  asked: readonly F[],
  words: FaultWords<F>,
  whose: string,
): void {
  const stranger = asked.find((fault) => !Object.hasOwn(words, fault));
  if (stranger === undefined) return;
  throw new UsageError(
    `there is no fault ${stranger} of ${whose}: ${Object.keys(words).join(', ')}`,
  );
}

/** What goes wrong on a host: drawn once for the run, and then at each opportunity. */
export class Faults<F extends string> {
  protected readonly world: World;
  protected readonly host: string;
  readonly #active: ReadonlySet<F>;

  constructor(world: World, host: string, asked: readonly F[], words: FaultWords<F>) {
    this.world = world;
    this.host = host;
    const mayStrike = (fault: F): boolean =>
      world.decide(KIND.swarm, 2, { label: () => `${host} may ${words[fault]}` }) === 1;
    const all = Object.keys(words) as F[];
    this.#active = new Set(all.filter((fault) => asked.includes(fault) && mayStrike(fault)));
  }

  has(fault: F): boolean {
    return this.#active.has(fault);
  }

  /** Which of these strikes now; undefined: none, which reports call `calm`. */
  drawn<S extends Strike<F>>(all: readonly S[], label: () => string, calm: string): S | undefined {
    const those = all.filter(({ fault }) => this.#active.has(fault));
    if (those.length === 0) return undefined;
    const alternativeText = (choice: number): string => those[choice - 1]?.text ?? calm;
    const about = { label, alternativeText };
    return those[this.world.decide(KIND.serviceFails, 1 + those.length, about) - 1];
  }
}
