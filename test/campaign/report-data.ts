/** A report of a campaign with something of everything. */
import type { CampaignReport } from '../../src/campaign/report.ts';

/** What programs may call themselves. */
export const HOSTILE = '</script><img src=x onerror="document.title=1">';

export function someReport(more: Partial<CampaignReport> = {}): CampaignReport {
  return {
    id: '20261130-0315-7f3a',
    round: 7,
    isOver: false,
    workedMs: 65_000,
    leftMs: 3_600_000,
    runs: 12_345,
    runsMax: 50_000,
    scenarios: [
      {
        ...{
          name: HOSTILE,
          file: 'a.sim.ts',
          runs: 12_345,
          steps: 1e6,
          looked: 900,
          isExact: false,
        },
        ...{
          classes: 32_768,
          lately: { looked: 100, fresh: 25 },
          ending: 'searched',
          message: null,
        },
        strategies: [
          { strategy: 'portfolio', seeds: 3, runs: 12_000, looked: 60, fresh: 15 },
          { strategy: 'pct:3', seeds: 1, runs: 345, looked: 40, fresh: 10 },
        ],
      },
      {
        ...{ name: 'broken', file: 'b.sim.ts', runs: 0, steps: 0, looked: 0, isExact: true },
        ...{ classes: 0, lately: { looked: 0, fresh: 0 }, strategies: [] },
        ...{ ending: 'broken', message: 'it cannot be loaded' },
      },
    ],
    finds: [
      {
        ...{ kind: 'failure', scenario: HOSTILE, message: 'it got "h"', isOpen: false, times: 3 },
        ...{ found: 'run 10 by portfolio, seed 1', path: '.heddle/x.json', report: 'the report' },
      },
      {
        ...{ kind: 'aside', scenario: 'broken', message: 'runs 1 to 9', isOpen: false, times: 2 },
        ...{ found: 'pos, seed 1', path: null, report: 'they end their process' },
      },
    ],
    machines: [
      { name: 'one', processes: 4, runs: 12_000, runsPerSecond: 321.4, refused: null },
      { name: 'two', processes: 8, runs: 0, runsPerSecond: 0, refused: 'file a.sim.ts differs' },
    ],
    rounds: [
      { number: 6, runs: 100, looked: 100, fresh: 50 },
      { number: 7, runs: 100, looked: 100, fresh: 25 },
    ],
    ...more,
  };
}
