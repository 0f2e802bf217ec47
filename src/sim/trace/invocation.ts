/** How the user calls heddle: what is printed can be pasted. From a checkout of heddle itself there is no `npx heddle`. */
export const HEDDLE: string = import.meta.url.endsWith('.ts')
  ? 'npm run -s heddle --'
  : 'npx heddle';

/** What to run next with a failure that was saved to `path`; nothing when it could not be. */
/** What to run next with a failure that was saved; `step` is where it showed, if that stands in the user's code. */
export function nextCommands(
  path: string | undefined,
  step?: number,
): [label: string, command: string][] {
  if (path === undefined) return [];
  const commands: [string, string][] = [['replay', `${HEDDLE} replay ${path}`]];
  if (step !== undefined) commands.push(['debug', `${HEDDLE} replay ${path} --break ${step}`]);
  commands.push(['view', `${HEDDLE} view ${path}`]);
  return commands;
}
