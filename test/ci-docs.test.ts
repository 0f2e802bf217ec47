// The recipes of docs/ci.md are what a shell runs: their lines are taken from their YAML and run in
// a project, with the package as it is built.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Ended, type Scratch, scratchProject } from './scratch.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/ci.md'), 'utf8');

/** The block of code behind a comment. */
function blockAt(mark: string): string {
  const block = new RegExp(`<!-- ${mark} -->\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``).exec(page)?.[1];
  if (block === undefined) throw new Error(`docs/ci.md has no block <!-- ${mark} -->`);
  return block;
}

type Words = Readonly<Record<string, string>>;

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface GithubJob {
  readonly if: string;
  readonly env?: Words;
  readonly strategy?: { readonly matrix: { readonly shard: readonly number[] } };
  readonly steps: readonly Step[];
}
interface PlatformJob {
  readonly 'runs-on': string;
  readonly strategy: { readonly matrix: { readonly os: readonly string[] } };
}
interface GitlabJob {
  readonly script: readonly string[];
  readonly variables?: Words;
  readonly parallel?: number;
  readonly cache: { readonly paths: readonly string[] };
  readonly artifacts?: { readonly reports: { readonly junit: string } };
}

const github = parse(blockAt('recipe: .github/workflows/heddle.yml')) as {
  readonly on: object;
  readonly jobs: Readonly<Record<string, GithubJob>>;
};
const gitlab = parse(blockAt('recipe: .gitlab-ci.yml')) as Readonly<Record<string, GitlabJob>> & {
  readonly default: { readonly before_script: readonly string[] };
};

let scratch: Scratch;
beforeAll(() => {
  scratch = scratchProject();
  scratch.write(
    'test/luck.test.js',
    `import { scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';
export const luck = scenario('luck', (world) => {
  const luck = world.draw('luck', 300);
  const cell = world.cell('cell', 0);
  for (const n of [1, 2]) {
    world.process('p').spawn('task ' + n, function* (sys) {
      yield* sys.store(cell, n);
    });
  }
  world.finally('it is not 7', () => process.env.FIXED === 'yes' || luck !== 7);
});
fuzz(luck, { runs: 20 });
`,
  );
});
beforeEach(() => rmSync(join(scratch.folder, '.heddle'), { recursive: true, force: true }));
afterAll(() => scratch.remove());

const at = (path: string): string => join(scratch.folder, path);

/** A line as it is run here: nothing is installed again, and runs end a search instead of time. */
const shortened = (line: string): string =>
  line
    .replace(/^npm ci$/, 'true')
    .replace('--time 60s', '--runs 20000')
    .replaceAll('npx heddle fuzz', 'npx heddle fuzz --workers 1');

/** The steps of a job of GitHub's, one after the other, until one fails. */
function runGithub(job: GithubJob, shard: number | undefined, environment: Words): Ended[] {
  const told = at('github-env');
  writeFileSync(told, '');
  const meant = (text: string): string => {
    const text2 = text.replace(/\$\{\{ matrix\.shard \}\}/g, String(shard));
    expect(text2).not.toContain('${{');
    return text2;
  };
  const its = Object.entries(job.env ?? {}).map(([key, value]) => [key, meant(value)] as const);
  const ends: Ended[] = [];
  for (const { run, if: when } of job.steps) {
    if (run === undefined || when !== undefined) continue;
    const pairs = readFileSync(told, 'utf8').trim().split('\n').filter(Boolean);
    const set = pairs.map((line) => line.split('=') as [string, string]);
    const all = { ...Object.fromEntries([...its, ...set]), GITHUB_ENV: told, ...environment };
    const ended = scratch.shell(shortened(meant(run)), all);
    ends.push(ended);
    if (ended.status !== 0) break;
  }
  return ends;
}

/** The script of a job of GitLab's. */
function runGitlab(name: string, environment: Words): Ended {
  const { script, variables = {} } = gitlab[name] as GitlabJob;
  const lines = [...gitlab.default.before_script, ...script].map(shortened);
  return scratch.shell(lines.join('\n'), { ...variables, ...environment });
}

const QUICK = { HEDDLE_TIME: '400ms' };
const FIXED = { FIXED: 'yes' };
const savedNames = (): string[] =>
  existsSync(at('.heddle'))
    ? readdirSync(at('.heddle')).filter((name) => name.endsWith('.json'))
    : [];

describe('the recipe for GitHub Actions', () => {
  const { 'pull-request': request, nightly, collect } = github.jobs;

  it('runs the same tests on Windows and macOS', () => {
    const { platforms } = github.jobs as unknown as Record<string, GithubJob & PlatformJob>;
    expect(platforms?.strategy.matrix.os).toEqual(['windows-latest', 'macos-latest']);
    expect(platforms?.['runs-on']).toBe('$' + '{{ matrix.os }}');
    const commands = (job: GithubJob | undefined): (string | undefined)[] =>
      (job?.steps ?? []).map(({ run }) => run).filter((line) => line !== undefined);
    expect(commands(platforms).length).toBeGreaterThan(1);
    // These are run below, by the job of a pull request.
    expect(commands(request)).toEqual(expect.arrayContaining(commands(platforms)));
  });

  it('has jobs and steps that fit together', () => {
    expect(Object.keys(github.on)).toEqual(['pull_request', 'schedule']);
    const steps = Object.values(github.jobs).flatMap((job) => job.steps);
    for (const { uses, run, with: given } of steps) {
      expect([uses, run].filter(Boolean)).toHaveLength(1);
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[\w/-]+@v\d+$/);
      if (given?.['path'] !== undefined) expect(given['path']).toBe('.heddle');
    }
    const keyOf = (job: GithubJob | undefined, uses: string): unknown =>
      job?.steps.find((step) => step.uses?.startsWith(uses))?.with?.['key'];
    expect(keyOf(nightly, 'actions/cache/restore')).toBe(keyOf(collect, 'actions/cache/save'));
    const { shard = [] } = nightly?.strategy?.matrix ?? {};
    expect(nightly?.env?.['HEDDLE_SHARD']?.split('/')[1]).toBe(String(shard.length));
    expect(shard).toEqual([1, 2, 3, 4]);
  });

  it('on a pull request: tests, then a search, with an annotation at the line', () => {
    const ends = runGithub(request as GithubJob, undefined, {});
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 1]);
    expect(ends.at(-1)?.out).toMatch(/^::error file=test\/luck\.test\.js,line=11,col=\d+,/m);
    expect(savedNames()).toHaveLength(1);
    // What a night has saved is run first, and red at once.
    const saved = runGithub(request as GithubJob, undefined, {});
    expect(saved.map(({ status }) => status)).toEqual([0, 1]);
    const green = runGithub(request as GithubJob, undefined, FIXED);
    expect(green.map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  it('at night: each shard has its part, by a seed of the date, and leaves what it has learned', () => {
    const ends = runGithub(nightly as GithubJob, 2, { ...QUICK, ...FIXED });
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(ends.at(-1)?.out).toMatch(/survived [\d,]+ runs of shard 2\/4 {2}luck/);
    expect(readFileSync(at('github-env'), 'utf8')).toMatch(/^HEDDLE_SEED=20\d{6}\n$/);
    expect(readdirSync(at('.heddle/corpus'))).toHaveLength(1);
  });
});

describe('the recipe for GitLab', () => {
  it('on a pull request: red with a report, green without a failure', () => {
    const red = runGitlab('pull-request', {});
    expect(red.status).toBe(1);
    const report = gitlab['pull-request']?.artifacts?.reports.junit as string;
    expect(readFileSync(at(report), 'utf8')).toMatch(/<testsuites name="heddle" tests="1" fail/);
    expect(red.err).toContain('failed  luck');
    expect(savedNames()).toHaveLength(1);
    expect(runGitlab('pull-request', FIXED).status).toBe(0);
    expect(readFileSync(at(report), 'utf8')).toContain('failures="0"');
  });

  it('at night: a shard for each of the jobs', () => {
    const jobs = { CI_NODE_INDEX: '3', CI_NODE_TOTAL: String(gitlab['nightly']?.parallel) };
    const night = runGitlab('nightly', { ...QUICK, ...FIXED, ...jobs });
    expect(night.status).toBe(0);
    expect(night.err).toMatch(/survived [\d,]+ runs of shard 3\/4 {2}luck/);
    expect(readdirSync(at('.heddle/corpus'))).toHaveLength(1);
    expect(runGitlab('collect', {})).toMatchObject({ status: 0, out: 'corpus\n' });
    for (const name of ['pull-request', 'nightly', 'collect']) {
      expect(gitlab[name]?.cache.paths).toEqual(['.heddle/']);
    }
  });
});

describe('what the page says besides', () => {
  it('deepens tests by the environment', () => {
    const line = blockAt('tests').replace('HEDDLE_TIME=10m', 'HEDDLE_RUNS=20000');
    const red = scratch.shell(line);
    expect(red.out + red.err).toMatch(/run [\d,]+ of 20,000 by portfolio, seed 20\d{6}/);
    expect(red.status).not.toBe(0);
  });

  it('makes a failure a test, by one command', () => {
    scratch.shell('npx heddle fuzz --runs 5000 --workers 1 || true');
    const [name = ''] = savedNames();
    mkdirSync(at('test'), { recursive: true });
    expect(scratch.shell(blockAt('pin').replace('FILE.json', name)).status).toBe(0);
    const test = `test/${name.replace('.json', '.test.js')}`;
    rmSync(at('.heddle'), { recursive: true });
    expect(scratch.shell(`npx vitest run ${test}`).status).toBe(1);
    expect(scratch.shell(`npx vitest run ${test}`, FIXED).status).toBe(0);
    rmSync(at(test));
    rmSync(at('test/failures'), { recursive: true });
  });
});
