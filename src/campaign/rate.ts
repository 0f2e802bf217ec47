/** How fast something goes, of late. */

/** What is longer ago says nothing of now. */
const WINDOW_MS = 30_000;

export class Rate {
  total = 0;
  #marks: { readonly atMs: number; readonly count: number }[] = [];

  add(count: number): void {
    this.total += count;
    this.#marks.push({ atMs: performance.now(), count });
  }

  get perSecond(): number {
    const nowMs = performance.now();
    this.#marks = this.#marks.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
    const [first] = this.#marks;
    if (first === undefined) return 0;
    // What came first was made before the time that is looked at.
    const count = this.#marks.slice(1).reduce((sum, mark) => sum + mark.count, 0);
    return count / Math.max(0.001, (nowMs - first.atMs) / 1000);
  }
}
