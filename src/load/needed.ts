import { UsageError } from '../sys/errors.ts';

/**
 * Load what needs an optional package.
 *
 * @throws UsageError that says what to install, if the package is missing
 */
export async function needing<Loaded>(
  name: string,
  whatFor: string,
  load: () => Promise<Loaded>,
): Promise<Loaded> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause;
    throw new UsageError(
      `${whatFor} needs the optional package ${name}, which is not installed: \`npm install -D ${name}\``,
      { cause },
    );
  }
}

/** Whether it is the package itself that cannot be found, and not a file that it names. */
export function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message } = error as NodeJS.ErrnoException;
  const cannot = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return (
    (cannot || /cannot find/i.test(message)) &&
    new RegExp(`['"]${name}(?:/[^'"]*)?['"]`).test(message)
  );
}
