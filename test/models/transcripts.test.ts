// What the articles' programs printed, some schedule prints again: found by search, and kept as
// schedules.

import { describe, expect, it } from 'vitest';
import * as condition from '../../src/models/asyncio-condition.ts';
import {
  PROTOCOL_CLIENT_TRANSCRIPT,
  PROTOCOL_TRANSCRIPT_CUT,
  PROTOCOL_TRANSCRIPT_WHOLE,
  protocolTranscript,
  SELECT_CLIENT_TRANSCRIPT,
  SELECT_SERVER_TRANSCRIPT,
  selectTranscript,
} from '../../src/scenarios/transcripts.ts';
import { KIND, type Kind } from '../../src/sim/kernel/choices.ts';
import { Random } from '../../src/sim/schedule/random.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Replay } from '../../src/sim/schedule/strategies/replay.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { formatSchedule, parseSchedule } from '../../src/sim/schedule/text.ts';

interface Story {
  readonly name: string;
  readonly scenario: Scenario;
  /** Whether bytes arrive in pieces in it. */
  readonly cuts: boolean;
  /** A schedule that tells it. */
  readonly schedule: string;
}

const stories: readonly Story[] = [
  {
    name: 'the select server, with its two "closing" lines of one client',
    scenario: selectTranscript({
      server: SELECT_SERVER_TRANSCRIPT,
      client: SELECT_CLIENT_TRANSCRIPT,
    }),
    cuts: false,
    schedule:
      'h1:wSniAAECAQEBAgEKAQgCEQIGAQMBDQEDAQwBCAEBAQABAAEBAQABBwEAAQICCAEAAQECAgIDAg8CAwIDAQEBAwEBAQMCAAIGAQIBAAEaGw',
  },
  {
    name: 'the protocol server, with all bytes in one piece',
    scenario: protocolTranscript(55_307, {
      server: PROTOCOL_TRANSCRIPT_WHOLE,
      client: PROTOCOL_CLIENT_TRANSCRIPT,
    }),
    cuts: false,
    schedule: 'h1:Ax26AAECAQEBAgIKAQoBBAEEAQMBAAEAAWal',
  },
  {
    name: 'the protocol server, with the bytes in two pieces',
    scenario: protocolTranscript(55_309, { server: PROTOCOL_TRANSCRIPT_CUT }),
    cuts: true,
    schedule: 'h1:AwewAAECAQEBAgIKAQAJAQEACwABAAEBAQMBBQEACQACAAEABgACAAEAAQUCBAGWcg',
  },
];

/** Takes the decisions of the best run so far up to a point, and others from there on. */
class Climb implements Strategy {
  readonly name = 'climb';
  readonly taken: number[] = [];
  readonly #kept: readonly number[];
  readonly #cuts: boolean;
  readonly #random: Random;

  constructor(kept: readonly number[], cuts: boolean, random: Random) {
    this.#kept = kept;
    this.#cuts = cuts;
    this.#random = random;
  }

  begin(): boolean {
    return true;
  }

  choose(kind: Kind, arity: number): number {
    const choice = Math.min(this.#kept[this.taken.length] ?? this.#draw(kind, arity), arity - 1);
    this.taken.push(choice);
    return choice;
  }

  #draw(kind: Kind, arity: number): number {
    if (kind === KIND.deliver && !this.#cuts) return 0;
    return this.#random.below(2) === 0 ? 0 : this.#random.below(arity);
  }

  end(): void {}
}

/** A run goes on as long as it tells the story; the one that tells most of it is built upon. */
function search({ scenario, cuts }: Story, runsMax: number): readonly number[] | undefined {
  const random = new Random(1);
  let best: readonly number[] = [];
  let bestScore = -1;
  let idle = 0;
  for (let n = 0; n < runsMax; n++) {
    const dropped = random.below(4 + Math.min(idle >> 4, best.length));
    const strategy = new Climb(best.slice(0, Math.max(0, best.length - dropped)), cuts, random);
    const run = new Run(scenario, { strategy });
    const { failure, schedule } = run.execute();
    if (failure === undefined) return schedule;
    const score = run.world.output('server').length + run.world.output('client').length;
    idle = score > bestScore ? 0 : idle + 1;
    if (score >= bestScore) {
      bestScore = score;
      best = strategy.taken;
    }
  }
  return undefined;
}

describe.each(stories.map((story) => [story.name, story] as const))('%s', (_, story) => {
  it('is told by a schedule that is found', () => {
    const found = search(story, 20_000);
    expect(found).toBeDefined();
    expect(formatSchedule(story.scenario.name, found ?? [])).toMatch(/^h1:/);
  });

  it('is told by the schedule that was kept', () => {
    const { decisions } = parseSchedule(story.schedule);
    const run = new Run(story.scenario, { strategy: new Replay(decisions) });
    expect(run.execute().failure?.message).toBeUndefined();
  });
});

describe('the condition of five consumers', () => {
  it('prints what Python prints when the program is the one in the article', () => {
    const strategy = new Replay([]);
    const run = new Run(
      scenario('condition', (world) => {
        world.process('program').spawn('program', condition.asWritten);
      }),
      { strategy },
    );
    expect(run.execute().failure).toBeUndefined();
    expect(run.world.output('program').split('\n').slice(0, -1)).toEqual(
      condition.TRANSCRIPT_AS_WRITTEN,
    );
  });
});
