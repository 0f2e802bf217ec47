/** What a program, a law or somebody's module has thrown: anything, whatever can be asked of it. */

/** `Name: message` of an error; of anything else its text, or in a word what has none. */
export function thrownText(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return 'a value that has no text';
  }
}

/** Its stack, if it is an error with one. */
export function stackOf(thrown: unknown): string | undefined {
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What was thrown, where its class, name and message can be asked for; where even that throws (a
 * proxy that was revoked, a getter that fails), an error that says so in its place.
 */
export function tellable(thrown: unknown): unknown {
  try {
    if (!(thrown instanceof Error)) return thrown;
    if (typeof thrown.name === 'string' && typeof thrown.message === 'string') return thrown;
  } catch {
    // As it is told below.
  }
  return new Error(`something was thrown that cannot be told: ${thrownText(thrown)}`);
}
