/** The dashboard's page: one HTML file, live while a coordinator serves it, or of what is kept. */
import { createHash } from 'node:crypto';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { CampaignReport } from './report.ts';

export interface PageOptions {
  /** Whether it asks for what is new. */
  readonly isLive: boolean;
  /** Where the picture of each find is; null: there is none. */
  readonly views: readonly (string | null)[];
}

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What the page may do: its own script and style, and to ask the one that served it. */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  `script-src ${hashOf(PAGE_SCRIPT)}`,
  `style-src ${hashOf(PAGE_STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Whatever programs have named themselves: a script ends at the first `</`. */
const jsonIn = (data: unknown): string => JSON.stringify(data).replaceAll('<', '\\u003c');

export function dashboardPage(report: CampaignReport, options: PageOptions): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}">
<title>heddle campaign</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header><h1>Campaign <span id="id"></span></h1><p id="status" role="status"></p></header>
<main>
<dl id="numbers"></dl>
<section aria-labelledby="finds-title"><h2 id="finds-title">Found</h2><div id="finds"></div></section>
<section aria-labelledby="scenarios-title"><h2 id="scenarios-title">Scenarios</h2>
<div class="wide" role="group" aria-label="table of scenarios" tabindex="0"><table><thead><tr>
<th scope="col">scenario</th><th scope="col">strategy</th><th scope="col">seeds</th><th scope="col">runs</th>
<th scope="col">classes</th><th scope="col">new of late</th><th scope="col">so far</th>
</tr></thead><tbody id="scenarios"></tbody></table></div></section>
<section aria-labelledby="rounds-title"><h2 id="rounds-title">New classes, round by round</h2><div id="rounds"></div></section>
<section aria-labelledby="machines-title"><h2 id="machines-title">Machines</h2>
<div class="wide" role="group" aria-label="table of machines" tabindex="0"><table><thead><tr>
<th scope="col">machine</th><th scope="col">processes</th><th scope="col">runs</th><th scope="col">runs a second</th>
<th scope="col">state</th></tr></thead><tbody id="machines"></tbody></table></div></section>
</main>
<script type="application/json" id="data">${jsonIn({ report, ...options })}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
