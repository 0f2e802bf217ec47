/** Figures that others have published. */

/** Mean schedules to the first bug, by the name of a strategy; `4711 (1)`: with one seed only. */
export type Means = Readonly<Partial<Record<'random' | 'pct' | 'pos' | 'urw' | 'surw', string>>>;

/**
 * Of the randomised strategies, in the order of the tables they are from; `–` where there is no
 * figure.
 */
export function means(random: string, pct: string, pos: string, urw: string, surw: string): Means {
  const all = { random, pct, pos, urw, surw };
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== '–'));
}
