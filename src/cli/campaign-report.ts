import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dashboardPage } from '../campaign/page.ts';
import { type FindReport, reportOfCampaign } from '../campaign/report.ts';
import { writeWhole } from '../sim/explore/whole-file.ts';
import { printable } from '../sim/trace/printable.ts';
import { UsageError } from '../sys/errors.ts';
import type { CampaignCommand } from './campaign.ts';
import { printCampaign } from './campaign-text.ts';
import { EXIT } from './exit-codes.ts';
import { folderOf, stateOf } from './kept-campaigns.ts';
import type { Output } from './output.ts';
import { viewPage } from './view.ts';

/** `heddle campaign report ID`: what is known of a campaign, over or not. */
export async function reportCommand(command: CampaignCommand, out: Output): Promise<number> {
  const [, id, ...more] = command.what;
  if (id === undefined || more.length > 0) {
    throw new UsageError('of which campaign? heddle campaign report ID; heddle campaign prints it');
  }
  const state = await stateOf(id, command.redis, (text) => out.warn(text));
  if (state === undefined) {
    throw new UsageError(
      `nothing is kept of campaign ${printable(id)} here; of one that goes on in Redis, say --redis`,
    );
  }
  const report = reportOfCampaign(state, [], null);
  if (!command.html) {
    for (const { report: text } of report.finds) out.line(`${text}\n`);
    out.object({ type: 'report', ...report });
    printCampaign(report, report.isOver ? 'over' : 'stopped', out);
    return EXIT.ok;
  }
  const path = command.out ?? join(folderOf(id), 'report.html');
  const views: (string | null)[] = [];
  for (const [at, find] of report.finds.entries()) {
    const name = `view-${at}.html`;
    views.push((await drawView(find, join(dirname(path), name), out)) ? name : null);
  }
  writeWhole(path, dashboardPage(report, { isLive: false, views }));
  out.object({ type: 'report', path });
  out.line(path);
  return EXIT.ok;
}

/** Whether there is a picture of a find: one that was fixed, or deleted, has none. */
async function drawView({ path }: FindReport, to: string, out: Output): Promise<boolean> {
  if (path === null || !existsSync(path)) return false;
  try {
    writeWhole(to, await viewPage(path, out));
    return true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    out.warn(error.message);
    return false;
  }
}
