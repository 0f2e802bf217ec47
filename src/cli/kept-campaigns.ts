/** Where campaigns are kept between two calls. */
import { join } from 'node:path';
import { localState } from '../campaign/local.ts';
import type { CampaignState } from '../campaign/state.ts';
import { FAILURES_FOLDER } from '../sim/explore/failures.ts';

/** In the current folder. */
export const CAMPAIGNS_FOLDER: string = join(FAILURES_FOLDER, 'campaigns');

/** Where a campaign is kept. */
export const folderOf = (id: string): string => join(CAMPAIGNS_FOLDER, id);

/** What is kept of a campaign; undefined: nothing. */
export async function stateOf(
  id: string,
  url: string | undefined,
  note: (text: string) => void,
): Promise<CampaignState | undefined> {
  if (!/^[\w-]+$/.test(id)) return undefined;
  if (url === undefined) return localState(folderOf(id));
  const { sharedState } = await import('../campaign/shared.ts');
  return sharedState({ url, id, note });
}
