import { describe, expect, it } from 'vitest';
import { MODEL_MUTANTS } from '../../tools/model-mutant-table.ts';
import { MUTANTS } from '../../tools/mutant-table.ts';
import { misplaced } from '../../tools/mutants.ts';
import { TASK_MUTANTS } from '../../tools/task-mutant-table.ts';

describe('the mistakes of npm run mutants', () => {
  it('can all still be planted', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
    expect(TASK_MUTANTS.length).toBeGreaterThanOrEqual(25);
    expect(MODEL_MUTANTS.length).toBeGreaterThanOrEqual(100);
    expect(misplaced()).toEqual([]);
  });

  it('are told apart by their names', () => {
    const names = [...MUTANTS, ...TASK_MUTANTS, ...MODEL_MUTANTS].map(({ what }) => what);
    expect(new Set(names).size).toBe(names.length);
  });
});
