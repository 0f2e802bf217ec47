import { ContextBound } from './context-bound.ts';
import { DelayBound } from './delay-bound.ts';
import { Dpor } from './dpor.ts';
import { Feedback } from './feedback.ts';
import type { Knowledge } from './knowledge.ts';
import { Pct } from './pct.ts';
import { type Part, Portfolio } from './portfolio.ts';
import { Pos } from './pos.ts';
import { RandomWalk } from './random-walk.ts';
import { Sticky } from './sticky.ts';
import { AccessCounts, Surw } from './surw.ts';
import { Urw } from './urw.ts';

/**
 * Whose the first runs of the portfolio are, because many a mistake shows in the first few runs of
 * one strategy or another: letters of {@link mix}. A quarter belong to systematic search: the calm
 * run, and those that take the first races of it the other way; a mistake that it finds later than
 * that, others find as soon. The order is the best that was found for the first runs that each
 * strategy by itself needs on the programs of the zoo that are not held back.
 */
const OPENING = 'ssdddppdsapasosssdduusprspaa';

/**
 * The portfolio: mostly SURW, which on nearly every program of the zoo is within a few runs of the
 * best of all, with each of its walks, because each of them is by far the best somewhere; and now
 * and then the others, for what it cannot do (`npm run zoo`). When nothing new shows any more, more
 * than half of the runs go to delay bounding: what has not been drawn by then is rare, and it makes
 * no run twice. In a search of many thousand runs most of them go to feedback.
 *
 * Runs after the first batch are made without the members that search systematically: they would
 * make the same ones again.
 *
 * @param known what the rounds of batches before this one have learned
 */
export function mix(seed: number, firstRun: number, known: Knowledge | undefined): Portfolio {
  const counted = new AccessCounts();
  const bySteps = {
    strategy: new Surw(seed, firstRun, 'by steps', counted),
    share: 30,
    idleShare: 10,
  };
  const byPriority = {
    strategy: new Surw(seed ^ 0x7000, firstRun, 'by priority', counted),
    share: 55,
    idleShare: 10,
  };
  const alike = {
    strategy: new Surw(seed ^ 0x8000, firstRun, 'alike', counted),
    share: 14,
    idleShare: 5,
  };
  const urw = { strategy: new Urw(seed ^ 0x4000, firstRun), share: 4, idleShare: 4 };
  const random = { strategy: new RandomWalk(seed ^ 0x2000, firstRun), share: 3, idleShare: 3 };
  const pos = { strategy: new Pos(seed ^ 0x1000, firstRun), share: 1, idleShare: 1 };
  const drawing: Part[] = [
    bySteps,
    byPriority,
    alike,
    urw,
    random,
    { strategy: new Pct(seed ^ 0x3000, 3, firstRun), share: 2, idleShare: 2 },
    pos,
    { strategy: new Sticky(seed ^ 0x6000, firstRun), share: 2, idleShare: 3 },
    {
      strategy: new Feedback(seed ^ 0x5000, firstRun, known),
      share: 2,
      idleShare: 2,
      lateShare: 1_000,
    },
  ];
  if (firstRun > 1) return new Portfolio(drawing, [], firstRun - 1, known?.pairs);
  const dpor = { strategy: new Dpor(), share: 1, idleShare: 1 };
  const preempting = {
    strategy: new ContextBound(),
    share: 2,
    idleShare: 2,
    beginsCalm: true,
  };
  const delaying = { strategy: new DelayBound(), share: 3, idleShare: 58, beginsCalm: true };
  const letters: Readonly<Record<string, Part>> = {
    a: alike,
    d: dpor,
    o: pos,
    p: byPriority,
    r: random,
    s: bySteps,
    u: urw,
  };
  const opening = Array.from(OPENING, (letter) => letters[letter] as Part);
  return new Portfolio([...drawing, dpor, delaying, preempting], opening);
}
