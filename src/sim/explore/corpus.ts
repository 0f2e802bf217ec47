/** Runs that have shown something new, kept from one search to the next: a file each. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inMacrotask } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Coverage } from '../schedule/strategies/coverage.ts';
import { type Knowledge, PARENTS_MAX } from '../schedule/strategies/knowledge.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import { formatSchedule, parseSchedule, scenarioHash } from '../schedule/text.ts';
import { attempt } from './attempt.ts';
import { type BatchSource, batchesHere } from './batch.ts';
import { slugOf } from './failures.ts';
import { readBounded, writeWhole } from './whole-file.ts';

const SUFFIX = '.schedule';
/** The longest schedules that are saved have some hundred thousand decisions. */
const ENTRY_BYTES_MAX = 2 ** 20;
/** Each is replayed before a search: what is more than that was not put there by searches. */
const ENTRIES_MAX = 4_096;

/** Where the runs of a scenario lie. */
function placeIn(folder: string, { name }: Scenario): string {
  const hash = scenarioHash(name).toString(16).padStart(6, '0');
  return join(folder, `${slugOf(name)}-${hash}`);
}

/** Replays runs, and keeps those that show a pair of accesses that none before has shown. */
class Sieve {
  readonly #scenario: Scenario;
  readonly #coverage = new Coverage();
  readonly #pairs: number[] = [];
  readonly #parents: number[][] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  /** Whether it has shown something new. */
  takes(decisions: readonly number[]): boolean {
    const coverage = this.#coverage;
    const run = new Replay(decisions, 'clamp');
    const result = attempt(this.#scenario, {
      name: run.name,
      begin: () => {
        coverage.begin();
        return run.begin();
      },
      choose: (kind, arity, point) => run.choose(kind, arity, point),
      moves: (mover) => coverage.moves(mover),
      end: () => {},
    });
    this.#pairs.push(...coverage.learned());
    if (coverage.newPairs === 0 || result === undefined || result.decisions === 0) return false;
    const { schedule } = result;
    const calm = new Array<number>(Math.max(0, result.decisions - schedule.length)).fill(0);
    this.#parents.push([...schedule, ...calm]);
    return true;
  }

  get known(): Knowledge {
    return { pairs: this.#pairs, parents: this.#parents.slice(-PARENTS_MAX) };
  }
}

/** A corpus as it was when a search began. */
export class Corpus {
  readonly #scenario: Scenario;
  readonly #place: string;
  readonly #sieve: Sieve;
  readonly #note: (text: string) => void;
  /** What a search begins with. */
  readonly known: Knowledge;

  /**
   * Read it: the files in the order of their names, so that whoever has the same files begins with
   * the same. Replays them, so call it in a macrotask.
   *
   * @param note told of what cannot be read or written, which stops nothing
   */
  constructor(folder: string, scenario: Scenario, note: (text: string) => void) {
    this.#scenario = scenario;
    this.#place = placeIn(folder, scenario);
    this.#note = note;
    this.#sieve = new Sieve(scenario);
    for (const name of this.#names()) {
      const path = join(this.#place, name);
      try {
        const parsed = parseSchedule(readBounded(path, ENTRY_BYTES_MAX).toString('utf8'));
        if (parsed.scenario !== scenarioHash(scenario.name)) throw new Error('it is of another');
        this.#sieve.takes(parsed.decisions);
      } catch (error) {
        note(`${path} is passed over: ${(error as Error).message}`);
      }
    }
    this.known = this.#sieve.known;
  }

  #names(): string[] {
    if (!existsSync(this.#place)) return [];
    const names = readdirSync(this.#place).filter((name) => name.endsWith(SUFFIX));
    return names.sort().slice(0, ENTRIES_MAX);
  }

  /** Write down what of these runs shows something that the corpus has not. In a macrotask, too. */
  grow(parents: readonly (readonly number[])[]): void {
    for (const parent of parents) {
      if (!this.#sieve.takes(parent)) continue;
      const text = `${formatSchedule(this.#scenario.name, parent)}\n`;
      const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
      const path = join(this.#place, `${digest}${SUFFIX}`);
      try {
        writeWhole(path, text);
      } catch (error) {
        this.#note(`${path} could not be written: ${(error as Error).message}`);
        return;
      }
    }
  }
}

/** Runs that are held until it is worth looking at them. */
const HELD_MAX = PARENTS_MAX;

/** Those batches; what they have learned is in the corpus when somebody has seen enough of them. */
export function growing(corpus: Corpus, batches: BatchSource = batchesHere): BatchSource {
  return async function* (scenario, plan, runs) {
    const held: (readonly number[])[] = [];
    const grow = (): Promise<void> => inMacrotask(() => corpus.grow(held.splice(0)));
    try {
      for await (const batch of batches(scenario, plan, runs)) {
        held.push(...(batch.learned?.parents ?? []));
        if (held.length > HELD_MAX) await grow();
        yield batch;
      }
    } finally {
      await grow();
    }
  };
}
