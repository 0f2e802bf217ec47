import { stripsTypes } from '../node/host/typescript-loader.ts';
import { isMissing } from './needed.ts';
import { withoutCache } from './tsx-cache.ts';

/**
 * From now on TypeScript can be imported: by tsx, which knows more of it than Node does. Where tsx
 * is not installed, files are loaded as Node itself would. Gives the format that a module of
 * TypeScript has then.
 */
export async function prepareTypeScript(): Promise<'module' | 'module-typescript'> {
  if (process.execArgv.some((argument) => /\btsx\b/.test(argument))) return 'module';
  try {
    await withoutCache(async () => {
      (await import('tsx/esm/api')).register();
      (await import('tsx/cjs/api')).register();
    });
    return 'module';
  } catch (error) {
    if (!isMissing(error, 'tsx')) throw error;
    return stripsTypes() ? 'module-typescript' : 'module';
  }
}
