/**
 * What runs share, and one may have changed for the next. Gives what of it is not as it was when
 * this was called: for whoever finds that two runs of one schedule differ.
 */
export function noteShared(): () => string[] {
  const globals = new Set(Object.getOwnPropertyNames(globalThis));
  const env = { ...process.env };
  const cwd = process.cwd();
  return () => {
    const found: string[] = [];
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !globals.has(name));
    if (added.length > 0)
      found.push(`globals that are new since the first run: ${added.join(', ')}`);
    const names = new Set([...Object.keys(env), ...Object.keys(process.env)]);
    const changed = [...names].filter((name) => env[name] !== process.env[name]);
    if (changed.length > 0) found.push(`process.env has changed: ${changed.join(', ')}`);
    if (process.cwd() !== cwd) found.push(`the working directory was ${cwd}`);
    return found;
  };
}
