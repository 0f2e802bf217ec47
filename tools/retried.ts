/** A reporter of vitest that names the tests which passed, but not at their first try. */
import type { Reporter, TestCase } from 'vitest/node';

export default class Retried implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    const retries = test.diagnostic()?.retryCount ?? 0;
    if (retries > 0) this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd(): void {
    for (const name of this.#names) console.log(`-- needed another try: ${name}`);
  }
}
