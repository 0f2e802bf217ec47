/**
 * `npm run bench`: what heddle costs, as ratios to what one would use or do without it, each
 * measured side by side in one process. `npm run bench -- NAME …` runs some of them; `--json`
 * prints the lines as JSON.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Benchmark, Line } from './measure.ts';

const HELPERS = ['main.ts', 'measure.ts', 'echo.ts', 'bare.ts', 'independent.ts'];
const NAMES = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !HELPERS.includes(file))
  .map((file) => file.slice(0, -3))
  .sort();

const arguments_ = process.argv.slice(2);
if (arguments_[0] === '--child') await runHere(arguments_[1] as string);
else runAll(arguments_);

interface Report {
  readonly name: string;
  readonly about: string;
  readonly lines: readonly Line[];
}

async function load(name: string): Promise<Benchmark> {
  return ((await import(`./${name}.ts`)) as { default: Benchmark }).default;
}

/**
 * In a process of its own, so that what one benchmark teaches the compiler does not touch the next.
 */
async function runHere(name: string): Promise<void> {
  const { about, run } = await load(name);
  const report: Report = { name, about, lines: await run() };
  process.stdout.write(JSON.stringify(report));
}

function runAll(given: readonly string[]): void {
  const json = given.includes('--json');
  const chosen = given.filter((argument) => argument !== '--json');
  const unknown = chosen.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) {
    console.log(`there is no benchmark ${unknown.join(', ')}; there are: ${NAMES.join(', ')}`);
    return;
  }
  const reports: Report[] = [];
  for (const name of chosen.length > 0 ? chosen : NAMES) {
    const child = [...process.execArgv, import.meta.filename, '--child', name];
    const { stdout, stderr } = spawnSync(process.execPath, child, { encoding: 'utf8' });
    try {
      const report = JSON.parse(stdout) as Report;
      reports.push(report);
      if (!json) print(report);
    } catch {
      console.log(`${name}: failed\n${stderr}`);
    }
  }
  if (json) console.log(JSON.stringify(reports, null, 2));
}

function print({ name, about, lines }: Report): void {
  console.log(`\n${name}: ${about}`);
  for (const line of lines) {
    const { what, ratio, unit = 'x', note = '' } = line;
    const digits = ratio >= 100 ? 0 : 2;
    const value = `${ratio.toFixed(digits)} ${unit}`;
    console.log(`  ${what.padEnd(50)} ${value.padStart(10)}  ${verdict(line).padEnd(22)} ${note}`);
  }
}

function verdict({ ratio, goal }: Line): string {
  if (goal === undefined) return '';
  const most = 'most' in goal;
  const bound = most ? goal.most : goal.least;
  const met = most ? ratio <= bound : ratio >= bound;
  return `${most ? '≤' : '≥'} ${bound}  ${met ? 'met' : 'missed'}`;
}
