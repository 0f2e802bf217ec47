import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Suite } from './table.ts';

/** What a file of tests came to: each test by its full name, '' where it passed, else the error. */
export interface Outcomes {
  readonly tests: ReadonlyMap<string, string>;
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Some take half a minute natively; this is only against hanging. */
const FILE_MS_MAX = 120_000;
/** Of an error that is shown. */
const ERROR_LENGTH_MAX = 1_500;

const passed = '';

/** Runs one file of a suite, in a Node with these flags, in a process of its own. */
export async function outcomesOf(
  suite: Suite,
  folder: string,
  file: string,
  flags: readonly string[],
): Promise<Outcomes> {
  const scratch = mkdtempSync(join(tmpdir(), 'heddle-suite-'));
  try {
    const results = join(scratch, 'results');
    const child = spawn(process.execPath, [...flags, ...argsOf(suite, folder, file, results)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'test', NODE_OPTIONS: '', VITEST: undefined },
    });
    const { stdout, stderr, exitCode } = await ended(child);
    const text = existsSync(results) ? readFileSync(results, 'utf8') : stdout;
    return { tests: testsOf(suite, text, exitCode), exitCode, stderr };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function argsOf(
  { runner, args = [] }: Suite,
  folder: string,
  file: string,
  results: string,
): string[] {
  switch (runner) {
    case 'mocha':
      // What a test has left open is none of what it tests.
      return [mochaOf(folder), '--reporter', 'json', '--exit', ...args, file];
    case 'node:test':
      return ['--test-reporter=tap', `--test-reporter-destination=${results}`, ...args, file];
    case 'tap':
    case 'plain':
      return [...args, file];
  }
}

/** Not its command, which starts another Node where flags are given. */
function mochaOf(folder: string): string {
  const near = [join(folder, 'node_modules'), join(folder, '..')];
  const names = ['_mocha', '_mocha.js'];
  const paths = near.flatMap((each) => names.map((name) => join(each, 'mocha/bin', name)));
  const path = paths.find((each) => existsSync(each));
  if (path === undefined) throw new Error(`${folder} needs mocha: npm install --no-save mocha`);
  return path;
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr?.on('data', (bytes: Buffer) => stderr.push(bytes));
    const timer = setTimeout(() => child.kill('SIGKILL'), FILE_MS_MAX);
    child.once('error', reject);
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        exitCode,
      });
    });
  });
}

function testsOf({ runner }: Suite, text: string, exitCode: number | null): Map<string, string> {
  const tests = new Map<string, string>();
  const put = (name: string, outcome: string): void => {
    // Names need not be unique; what is compared is the nth of that name.
    let own = name;
    for (let n = 2; tests.has(own); n++) own = `${name} (${n})`;
    tests.set(own, outcome.slice(0, ERROR_LENGTH_MAX));
  };
  if (runner === 'mocha') readMocha(text, put);
  else if (runner === 'plain')
    put('the program ends well', exitCode === 0 ? passed : `${exitCode}`);
  else readTap(text, put);
  return tests;
}

type Put = (name: string, outcome: string) => void;

interface MochaTest {
  readonly fullTitle: string;
  readonly err: { readonly stack?: string; readonly message?: string };
}

function readMocha(text: string, put: Put): void {
  // Programs print as well; the report comes last.
  const at = text.lastIndexOf('{\n  "stats"');
  if (at < 0) return;
  const end = text.lastIndexOf('\n}');
  const { passes, failures } = JSON.parse(text.slice(at, end + 2)) as {
    passes: MochaTest[];
    failures: MochaTest[];
  };
  for (const { fullTitle } of passes) put(fullTitle, passed);
  for (const { fullTitle, err } of failures) put(fullTitle, err.stack || err.message || 'failed');
}

const POINT = /^(?<indent> *)(?<not>not )?ok \d+(?: -)? ?(?<name>.*)$/;
const GROUP = /^(?<indent> *)# (?<subtest>Subtest: )?(?<name>.*)$/;
/** Lines of a diagnosis that are shown. */
const DIAGNOSIS_LINES_MAX = 14;

/** node:test nests its tests, and tape puts a group's name above its assertions. */
function readTap(text: string, put: Put): void {
  const lines = text.split('\n');
  const groups: string[] = [];
  for (const [index, line] of lines.entries()) {
    const group = GROUP.exec(line)?.groups;
    if (group !== undefined) {
      groups.length = (group['indent'] ?? '').length / 4;
      groups.push(group['name'] ?? '');
    }
    const point = POINT.exec(line)?.groups;
    if (point === undefined || /# (?:SKIP|TODO)/i.test(line)) continue;
    const depth = (point['indent'] ?? '').length / 4;
    const name = point['name'] ?? '';
    // Below its own "# Subtest" a test's name is the group's.
    const above = groups[depth] === name ? groups.slice(0, depth) : groups.slice(0, depth + 1);
    const diagnosis = lines.slice(index + 1, index + 1 + DIAGNOSIS_LINES_MAX).join('\n');
    put([...above, name].join(' > '), point['not'] === undefined ? passed : diagnosis || 'failed');
  }
}
