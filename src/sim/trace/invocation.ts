import { FROM_SOURCE } from '../../root.ts';

/**
 * How the user calls heddle: what is printed can be pasted. From a checkout of heddle itself there
 * is no `npx heddle`.
 */
export const HEDDLE: string = FROM_SOURCE ? 'npm run -s heddle --' : 'npx heddle';

/**
 * What to run next with a failure that was saved; `step` is where it showed, if that stands in the
 * user's code.
 */
export function nextCommands(
  path: string | undefined,
  step?: number,
): [label: string, command: string][] {
  if (path === undefined) return [];
  const file = shellWord(path);
  const commands: [string, string][] = [['replay', `${HEDDLE} replay ${file}`]];
  if (step !== undefined) commands.push(['debug', `${HEDDLE} replay ${file} --break ${step}`]);
  commands.push(['view', `${HEDDLE} view ${file}`]);
  return commands;
}

/** An argument as a shell takes it for one. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
