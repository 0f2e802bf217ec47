/**
 * A worker of `npm run zoo`: a process that tries strategies on programs, one order after the
 * other.
 */
import { firstOf, PROGRAMS } from './entries.ts';

/** One strategy on one program with one seed. */
export interface Order {
  readonly program: string;
  readonly strategy: string;
  readonly seed: number;
  readonly runsMax: number;
}

/** The first run that fails, or null. */
export type Answer = number | null;

process.on('message', (order: Order) => {
  const found = PROGRAMS.find(({ name }) => name === order.program);
  if (found === undefined) throw new Error(`there is no program "${order.program}" in the zoo`);
  const first = firstOf(found, order);
  process.send?.((first ?? null) satisfies Answer);
});
// Ctrl-C is sent to all processes of the terminal; the one that gave the orders decides when it is
// over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
