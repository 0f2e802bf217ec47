import { KIND, type Kind } from '../kernel/choices.ts';
import type { Strategy } from '../schedule/strategy.ts';
import type { Try } from './few-decisions.ts';

/** A decision that is not calm: its place among all decisions of its run, and its alternative. */
type Place = readonly [at: number, choice: number];

/** Some decisions by place, and calm everywhere else. */
class ByPlace implements Strategy {
  readonly name = 'by place';
  readonly places: readonly Place[];
  /** The alternatives of each decision, as they came. */
  readonly arities: number[] = [];
  readonly kinds: Kind[] = [];
  #next = 0;

  constructor(places: readonly Place[]) {
    this.places = places;
  }

  begin(): boolean {
    return true;
  }

  choose(kind: Kind, arity: number): number {
    const at = this.arities.push(arity) - 1;
    this.kinds.push(kind);
    const place = this.places[this.#next];
    if (place?.[0] !== at) return 0;
    this.#next++;
    return Math.min(place[1], arity - 1);
  }

  end(): void {}
}

/** Of a decision with many alternatives that is not about who moves: the first, and the last. */
const VALUES_MAX = 4;

function valuesOf(kind: Kind, arity: number): readonly number[] {
  const all = Array.from({ length: arity - 1 }, (_, i) => i + 1);
  if (kind === KIND.step || all.length <= VALUES_MAX) return all;
  return [...all.slice(0, VALUES_MAX - 1), arity - 1];
}

/**
 * Try every run that differs from the calm one in at most `decisionsMax` decisions, those with the
 * fewest first. Whether one is what was looked for; if not, and `trying` has not had enough before,
 * there is none.
 */
export function tryFewest(decisionsMax: number, trying: Try): boolean {
  let runs = [new ByPlace([])];
  if (trying(runs[0] as ByPlace) !== false) return false;
  for (let decisions = 1; decisions <= decisionsMax; decisions++) {
    const longer: ByPlace[] = [];
    for (const { places, arities, kinds } of runs) {
      for (let at = (places.at(-1)?.[0] ?? -1) + 1; at < arities.length; at++) {
        for (const choice of valuesOf(kinds[at] as Kind, arities[at] as number)) {
          const run = new ByPlace([...places, [at, choice]]);
          const answer = trying(run);
          if (answer !== false) return answer === true;
          if (decisions < decisionsMax) longer.push(run);
        }
      }
    }
    runs = longer;
  }
  return false;
}
