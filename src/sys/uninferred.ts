/**
 * `T`, which is not inferred from what stands here: the compiler has its own `NoInfer` from
 * TypeScript 5.4 on, and heddle's types are read from 5.0 on.
 */
export type Uninferred<T> = [T][T extends unknown ? 0 : never];
