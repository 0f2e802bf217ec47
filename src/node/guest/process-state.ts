/**
 * What a run has changed of the process that all runs share: listeners that it has added, and the
 * exit code. Gives what takes that back.
 */
export function noteProcess(): () => void {
  const before = new Map(process.eventNames().map((name) => [name, process.rawListeners(name)]));
  const { exitCode } = process;
  return () => {
    for (const name of process.eventNames()) {
      const known = before.get(name) ?? [];
      for (const listener of process.rawListeners(name)) {
        if (!known.includes(listener)) process.removeListener(name, listener as () => void);
      }
    }
    if (process.exitCode !== exitCode) process.exitCode = exitCode;
  };
}
