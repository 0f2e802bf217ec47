/** How the user calls heddle: what is printed can be pasted. From a checkout of heddle itself there is no `npx heddle`. */
export const HEDDLE: string = import.meta.url.endsWith('.ts')
  ? 'npm run -s heddle --'
  : 'npx heddle';
