// Of every known fault of every model as it was written: the story is short, and says what the
// table of faults says.
import { describe, expect, it } from 'vitest';
import { inMacrotask } from '../../src/index.ts';
import { type CatalogueScenario, identify, SCENARIOS } from '../../src/scenarios/index.ts';
import { type Found, fuzz } from '../../src/sim/explore/fuzz.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import { columnsOf, formatReport, WIDTH_MAX } from '../../src/sim/trace/report.ts';
import { tellStory } from '../../src/sim/trace/story.ts';

const ROWS_MAX = 12;
/** A story has to say it of a run that is not the very shortest, too. */
const SHRINK_REPLAYS_MAX = 60;
const diedOfReset = /died: \w+ (ECONNRESET|EPIPE|ENOTCONN)/;
const notAccepted = /waits [\s\S]*nobody has accepted its connection/;

/** What a report has to say, by the number of the fault. */
const SAYS: Readonly<Record<number, RegExp>> = {
  1: /message 1 of .* was put and never processed[\s\S]*write fd 2 "…ValueError: too many values/,
  2: notAccepted,
  3: diedOfReset,
  4: /died: bind EADDRINUSE[\s\S]*✗ .*bind .*EADDRINUSE/,
  5: /died: UnicodeDecodeError[\s\S]*✗ .* recv fd \d+ +\d+ B |met the end of the stream[\s\S]*UnicodeDecodeError|recv fd \d+ +\d+ B .*shortRead[\s\S]*UnicodeDecodeError|nothing catches: UnicodeDecodeError[\s\S]*write fd 2 "…UnicodeDecodeE/,
  6: /was put and never processed[\s\S]*UnicodeDecodeE/,
  7: /has taken \d+ steps in a row[\s\S]*✗.* times in a row/,
  8: /died: KeyError/,
  9: /met the end of the stream/,
  10: diedOfReset,
  11: /send .* \d+ of \d+ B/,
  12: /two connections were closed under the name of port[\s\S]*"closing \('127/,
  13: /died: send EAGAIN[\s\S]*✗ .*send .*EAGAIN/,
  14: diedOfReset,
  15: notAccepted,
  16: diedOfReset,
  17: /died: KeyError: [\s\S]*already registered/,
  18: /has taken \d+ steps in a row/,
  19: /waits +server +(recv|send) fd \d+\s[\s\S]*(nothing more has come|the buffers are full)/,
  20: /still holds descriptor/,
  21: /was taken for the answer to/,
  22: /met \d+ ends of a stream, and [\s\S]*recv .* end of stream\n.*send .* 0 B/,
  23: /has never waited for/,
  24: /still holds descriptor|waits [\s\S]*client#\d +recv fd \d+ +nothing more has come/,
  25: /its edge was told before/,
  26: /it died of an exception that nothing catches: (ConnectionReset|BrokenPipe|OS)Error/,
  27: /died: recv EAGAIN[\s\S]*✗ .*recv .*EAGAIN|waits +server +recv/,
  28: /waits +server +poll\s[\s\S]*only a signal would wake it|still holds descriptor[\s\S]*SIGIO handler runs in server/,
  29: /died: (accept EMFILE|fork EAGAIN|RuntimeError: can't start new thread)/,
  30: /waits [\s\S]*(accept|never retrieved)/,
  31: /met ECONN(RESET|REFUSED) although nothing had struck it/,
  32: /EBADF|met ECONNRESET although|met the end of the stream/,
  33: /the server holds \d+ B for a client that does not read/,
  34: /died: ValueError: filedescriptor out of range in select\(\)/,
  35: /the log has the line/,
  36: /write fd [12]|BrokenPipe|EPIPE|ECONNRESET/,
  37: /after 1000 ms only \d+ of \d+ clients are connected/,
  38: /no task can move: clients waits recv/,
  39: /server was in nanosleep for \d+ ms/,
  40: /the server holds \d+ B for its consumer/,
  41: /loop#1[\s\S]*(recv|send|accept|close|epollCtl) fd \d+/,
  42: /was said to be saved, and there is [\s\S]*✗ .* power /,
  43: /\/state holds [\s\S]*✗ .* power /,
  44: /which nobody has\s+saved[\s\S]*✗ .* power /,
};

function reportOf(
  { scenario, model }: CatalogueScenario,
  fault: number,
  found: Found,
): { text: string; rows: number } {
  const shrunk = shrink(scenario, found, { replaysMax: SHRINK_REPLAYS_MAX });
  // One law may be broken by several faults, and shrinking keeps to the law.
  const isIt = identify(model, shrunk.result.failure as Failure).includes(fault);
  const { decisions } = isIt ? shrunk : found;
  const { run, recorder } = recordRun(scenario, decisions);
  const story = tellStory(run.failure as Failure, run.world, recorder);
  const text = formatReport(story, { scenario: scenario.name, next: [] });
  return { text, rows: story.rows.length };
}

const entries = SCENARIOS.filter(({ expects }) => expects.length > 0);

describe('the report of a model as it was written', () => {
  it('is asked of every fault there is', () => {
    const asked = new Set(entries.flatMap(({ expects }) => expects));
    expect([...asked].filter((fault) => SAYS[fault] === undefined)).toEqual([]);
  });

  it.each(entries.map((entry) => [entry.scenario.name, entry] as const))(
    '%s',
    async (_name, entry) => {
      const first = new Map<number, Found>();
      await inMacrotask(() =>
        fuzz(entry.scenario, {
          runs: 20_000,
          seed: 1,
          onFailure: (found) => {
            const faults = identify(entry.model, found.failure);
            for (const fault of faults.filter((number) => entry.expects.includes(number))) {
              if (!first.has(fault)) first.set(fault, found);
            }
            return first.size < entry.expects.length;
          },
        }),
      );
      expect([...first.keys()].sort()).toEqual([...entry.expects].sort());
      for (const [fault, found] of first) {
        const { text, rows } = reportOf(entry, fault, found);
        expect(rows).toBeLessThanOrEqual(ROWS_MAX);
        for (const line of text.split('\n')) {
          expect(columnsOf(line), line).toBeLessThanOrEqual(WIDTH_MAX);
        }
        expect(text).toMatch(SAYS[fault] as RegExp);
      }
    },
  );
});
