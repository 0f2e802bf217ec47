/**
 * Do `work` while what others have added to `Object.prototype` is not enumerated: zod, which reads
 * what lies on disk, goes through the keys of objects and would take it for a field of each.
 */
export function unpolluted<Result>(work: () => Result): Result {
  const added = Object.keys(Object.prototype);
  const show = (enumerable: boolean): void => {
    for (const key of added) Object.defineProperty(Object.prototype, key, { enumerable });
  };
  show(false);
  try {
    return work();
  } finally {
    show(true);
  }
}
