import fc from 'fast-check';
import { check, type ScheduleFailure } from 'heddle';
import { schedules } from 'heddle/fast-check';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';
import { conversation, type Exchange } from './scenario.ts';
import { byLines, byPieces } from './server.ts';

const EXCHANGES: readonly Exchange[] = [
  { line: 'get tea', answer: '-' },
  { line: 'set tea green', answer: 'ok' },
  { line: 'get tea', answer: 'green' },
];

fuzz(conversation('a store by lines', byLines, EXCHANGES), { runs: 1000, real: ['node', 'linux'] });

test('a store by pieces takes half a line for a line', async () => {
  const scenario = conversation('a store by pieces', byPieces, EXCHANGES);
  const failure = await check(scenario, { folder: false }).catch((error: unknown) => error);
  expect((failure as ScheduleFailure).failure.law).toBe('each line has its own answer');
  expect((failure as ScheduleFailure).message).toMatch(/answered with "what is \\?"/);
});

// ---- model-based: any conversation, against a model of the store, under any schedule ----

type Model = Map<string, string>;
/** What the commands say is asked of the store once they are all known. */
type Asked = Exchange[];

class SetCommand implements fc.Command<Model, Asked> {
  readonly #key: string;
  readonly #word: string;

  constructor(key: string, word: string) {
    this.#key = key;
    this.#word = word;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, asked: Asked): void {
    asked.push({ line: `set ${this.#key} ${this.#word}`, answer: 'ok' });
    model.set(this.#key, this.#word);
  }

  toString(): string {
    return `set ${this.#key} ${this.#word}`;
  }
}

class GetCommand implements fc.Command<Model, Asked> {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, asked: Asked): void {
    asked.push({ line: `get ${this.#key}`, answer: model.get(this.#key) ?? '-' });
  }

  toString(): string {
    return `get ${this.#key}`;
  }
}

const word = fc.constantFrom('tea', 'milk', 'x'.repeat(40));
const commands = fc.commands([
  fc.tuple(word, word).map(([key, value]) => new SetCommand(key, value)),
  word.map((key) => new GetCommand(key)),
]);

test('a store by lines does what the model does', () => {
  const property = fc.property(commands, schedules(), (asks, schedule) => {
    const asked: Asked = [];
    fc.modelRun(() => ({ model: new Map(), real: asked }), asks);
    schedule.check(conversation('any conversation', byLines, asked));
  });
  fc.assert(property, { numRuns: 300 });
});

test('against a store by pieces, one command under one schedule is enough', () => {
  const property = fc.property(commands, schedules(), (asks, schedule) => {
    const asked: Asked = [];
    fc.modelRun(() => ({ model: new Map(), real: asked }), asks);
    schedule.check(conversation('any conversation', byPieces, asked));
  });
  const { counterexample } = fc.check(property);
  expect(String(counterexample?.[0])).toMatch(/^[sg]et \w+( \w+)? \/\*/);
  expect(String(counterexample?.[1])).toMatch(/^schedule\('h1:/);
});
