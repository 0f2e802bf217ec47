const PLACE = /\(?([^\s()]+):\d+:\d+\)?$/;
const isFrame = (line: string): boolean => line.startsWith('    at ');
const fileOf = (line: string): string | undefined => PLACE.exec(line)?.[1];

/** Where heddle's code is while it runs: in one file, with all of it. */
const HERE = fileOf((new Error().stack ?? '').split('\n')[1] ?? '');

/**
 * Under Node a stack ends where C++ has called JavaScript. Here it is heddle that calls, so what
 * lies below its innermost frame at the stack's end is taken off.
 */
export function tellAsNode(error: unknown): void {
  if (!(error instanceof Error)) return;
  const { stack } = error;
  if (typeof stack !== 'string') return;
  const lines = stack.split('\n');
  let end = lines.length;
  for (let at = lines.length - 1; at > 0; at--) {
    const line = lines[at] as string;
    const isOwn = isFrame(line) && fileOf(line) === HERE;
    if (isOwn) end = at;
    else if (!isFrame(line) || !line.includes('node:')) break;
  }
  if (end < lines.length) error.stack = lines.slice(0, end).join('\n');
}
