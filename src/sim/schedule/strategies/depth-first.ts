import { Frontier } from './frontier.ts';

/**
 * Exhaustive depth-first search: every schedule there is, each once, from the calm one on; the last
 * decision changes first (VeriSoft: Godefroid, POPL 1997, without its partial-order reduction). It
 * comes to an end only in small worlds.
 */
export class DepthFirst extends Frontier {
  readonly name = 'dfs';
  protected readonly restlessCost = 0;

  constructor() {
    super(0);
  }

  protected costOf(): number {
    return 0;
  }
}
