import { createRequire } from 'node:module';
import type * as Zod from 'zod';
import { unpolluted } from './unpolluted.ts';

let loaded: typeof Zod | undefined;

/**
 * zod, loaded where something is first read: most runs read no file, and its modules would be a
 * third of all that `import 'heddle'` loads.
 */
export function zod(): typeof Zod {
  loaded ??= unpolluted(() => createRequire(import.meta.url)('zod') as typeof Zod);
  return loaded;
}
