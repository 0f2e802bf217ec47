/** What the exit code of `heddle` says. */
export const EXIT = {
  /** Everything held, or was as expected. */
  ok: 0,
  /** A failure was found or shown. */
  failure: 1,
  /** The command could not be carried out: a wrong argument, an unreadable file, a port in use. */
  usage: 2,
  /** A replay met something other than what was recorded. */
  departure: 3,
  /** A mistake in heddle itself. */
  internal: 70,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const;

export const EXIT_HELP = `Exit codes:
  0    everything held, or was as expected
  1    a failure was found or shown
  2    a wrong argument, an unreadable file, a port in use
  3    a replay met something other than what was recorded
  70   a mistake in heddle itself
  130  stopped by Ctrl-C`;
