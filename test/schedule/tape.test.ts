import { expect, it } from 'vitest';
import { Tape } from '../../src/sim/schedule/tape.ts';

/** What is written: 0 where the run is calm, and as many alternatives as the index says. */
const written = (count: number, from: number): number[] =>
  Array.from({ length: count }, (_, i) => (from + i) % 65_536);

it('what a run has chosen stays, whatever later runs write into the room it left', () => {
  const tapes: { tape: Tape; choices: number[] }[] = [];
  for (const [run, count] of [3, 0, 70_000, 1, 65_535, 5_000].entries()) {
    const tape = new Tape();
    const choices = written(count, run * 7 + 1);
    for (const choice of choices) tape.push(choice);
    tape.close();
    tapes.push({ tape, choices });
  }
  for (const { tape, choices } of tapes) {
    expect([...tape.choices]).toEqual(choices);
    expect(tape.length).toBe(choices.length);
  }
});

it('two runs at a time have a room each', () => {
  const one = new Tape();
  const other = new Tape();
  for (let i = 0; i < 100; i++) {
    one.push(1);
    other.push(2);
  }
  one.close();
  other.close();
  expect(new Set(one.choices)).toEqual(new Set([1]));
  expect(new Set(other.choices)).toEqual(new Set([2]));
});

it('a decision among more than 65,536 is kept whole, and what comes after a close harms nobody', () => {
  const tape = new Tape();
  tape.push(7);
  tape.push(70_000);
  tape.close();
  const next = new Tape();
  next.push(9);
  tape.push(1);
  expect([...next.choices.subarray(0, 1)]).toEqual([9]);
  expect(tape.schedule()).toEqual([7, 70_000, 1]);
});
