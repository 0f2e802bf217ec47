import { loadLibc } from '../../src/real/linux/libc.ts';

/** Why Linux itself cannot be reached here, in a sentence; undefined where it can. */
export const whyNoLinux: string | undefined = await loadLibc().then(
  () => undefined,
  (error: Error) => error.message,
);

/** For the names of suites: tells the reader why a suite is skipped. */
export const onLinux = (name: string): string =>
  whyNoLinux === undefined ? name : `${name} [skipped: ${whyNoLinux}]`;
