/** What came of a campaign, as text. */
import pc from 'picocolors';
import type { CampaignEnd } from '../campaign/coordinator.ts';
import type { CampaignReport, ScenarioReport } from '../campaign/report.ts';
import { countText } from '../sim/trace/report.ts';
import type { Output } from './output.ts';

export function printCampaign(report: CampaignReport, end: CampaignEnd, out: Output): void {
  for (const scenario of report.scenarios) out.line(scenarioText(scenario));
  out.line();
  out.line(endText(report, end));
  if (end !== 'over') {
    out.line(pc.dim(`heddle campaign --resume ${report.id} goes on with it`));
  }
}

function scenarioText(scenario: ScenarioReport): string {
  const { name, ending, message, runs, classes, isExact, lately } = scenario;
  if (ending === 'broken') return `${pc.red('could not be run')}  ${name}: ${message}`;
  const about = isExact ? '' : 'about ';
  const numbers = `${countText(runs)} runs, ${about}${countText(classes)} classes of interleavings`;
  const fresh =
    lately.looked === 0
      ? ''
      : `, ${percentText(lately.fresh / lately.looked)} of the last ones new`;
  if (ending === 'complete') return `${pc.green('complete')}  ${name}  ${pc.dim(numbers)}`;
  if (ending === 'unreached') return `${pc.red('unreached')}  ${name}: ${message}; ${numbers}`;
  const far = message === null ? '' : `, ${message}`;
  return `${name}  ${pc.dim(`${numbers}${fresh}${far}`)}`;
}

const percentText = (share: number): string => `${(100 * share).toFixed(1)} %`;

function endText(report: CampaignReport, end: CampaignEnd): string {
  const { round, runs, finds, scenarios } = report;
  const how = {
    over: `over with round ${round}`,
    time: `ended by --time at the end of round ${round}`,
    stopped: `stopped after round ${round}; what was done of the next is kept`,
  }[end];
  const failed = finds.filter(({ kind }) => kind === 'failure').length;
  const aside = finds.length - failed;
  const found = [
    ...(failed > 0 ? [`${countText(failed)} failure${failed === 1 ? '' : 's'}`] : []),
    ...(aside > 0 ? [`${countText(aside)} set aside`] : []),
  ];
  const all = `${countText(scenarios.length)} scenario${scenarios.length === 1 ? '' : 's'}, ${countText(runs)} runs`;
  const text = `${all}: ${found.length === 0 ? 'nothing found' : found.join(', ')}; ${how}`;
  return finds.length === 0 ? pc.green(text) : pc.red(text);
}
