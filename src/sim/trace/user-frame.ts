/** The first line of the stack outside heddle's own sources: `src/server.ts:22:11`. */
export function callerLine(): string {
  const stack = new Error().stack ?? '';
  return userFrame(stack) ?? '';
}

/** The first frame of a stack that is neither heddle's own nor the runtime's, relative to the current folder. */
export function userFrame(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/)?\/[^()\s]+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place === undefined || OWN.test(place)) continue;
    return relative(place.replace(/^file:\/\//, ''));
  }
  return undefined;
}

/** Whether a script is the user's, by its path or URL. */
export function isUserScript(script: string): boolean {
  return !OWN.test(script);
}

/** heddle's own machinery; its models count as the user's program. */
const OWN = /\/(?:src|dist)\/(?:sys|sim)\/|\/models\/userland\/|node:|\/node_modules\//;

function relative(path: string): string {
  const root = `${process.cwd()}/`;
  return path.startsWith(root) ? path.slice(root.length) : path;
}
