import { SCENARIOS } from '../scenarios/index.ts';
import { UsageError } from '../sys/errors.ts';

export const MODEL_IDS: readonly string[] = [...new Set(SCENARIOS.map(({ model }) => model.id))];

/** A model's id, or a message that lists them and names the nearest. */
export function checkModel(id: string): string {
  if (MODEL_IDS.includes(id)) return id;
  const nearest = nearestWord(id, MODEL_IDS);
  const hint = nearest === undefined ? '' : `did you mean ${nearest}? `;
  throw new UsageError(`there is no model "${id}"; ${hint}the models are: ${MODEL_IDS.join(', ')}`);
}

/** The word that was probably meant, if one is near enough. */
export function nearestWord(meant: string, words: readonly string[]): string | undefined {
  const nearest = [...words].sort((a, b) => distance(meant, a) - distance(meant, b))[0];
  return nearest !== undefined && distance(meant, nearest) <= 3 ? nearest : undefined;
}

/** Levenshtein's distance, for words of a few letters. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
