/** How the user calls heddle: what is printed can be pasted. From a checkout of heddle itself there is no `npx heddle`. */
export const HEDDLE: string = import.meta.url.endsWith('.ts')
  ? 'npm run -s heddle --'
  : 'npx heddle';

/** What to run next with a failure that was saved to `path`; nothing when it could not be. */
export function nextCommands(path: string | undefined): [label: string, command: string][] {
  if (path === undefined) return [];
  return [
    ['replay', `${HEDDLE} replay ${path}`],
    ['view', `${HEDDLE} view ${path}`],
  ];
}
