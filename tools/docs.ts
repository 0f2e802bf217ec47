/**
 * Writes what of the documentation can be read off the code: docs/linux.md, and the table of models
 * in the README. A test holds both against the code, so they cannot drift. `npm run docs` writes
 * them.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { twoAnnas } from '../examples/chat/scenario.ts';
import { twoSources } from '../examples/first-answer/scenario.ts';
import { check, type Scenario, ScheduleFailure } from '../src/index.ts';
import { loadScenarios } from '../src/load/scenarios.ts';
import { MODELS } from '../src/models/catalogue.ts';
import type { Model } from '../src/models/model.ts';
import { REAL_HANDLERS } from '../src/real/linux/calls/table.ts';
import { KERNELS, whyNotOn } from '../src/scenarios/kernels.ts';
import { failureSchema } from '../src/sim/explore/failures.ts';
import type { Row } from '../src/sim/kernel/calls/row.ts';
import { ROWS } from '../src/sim/kernel/calls/table.ts';
import { HEDDLE } from '../src/sim/trace/invocation.ts';
import {
  ABSENT,
  CLOCKS,
  FAMILIES,
  MESSAGE_FLAG_NAMES,
  SOCKET_OPTIONS,
  TYPES,
} from '../src/sys/fences.ts';
import { OP_NAMES } from '../src/sys/ops.ts';
import { commandLinePage } from './docs-cli.ts';
import { failureFilePage } from './docs-failure-file.ts';
import { coursePage, serverPictures } from './docs-servers.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** The first paragraph of the doc comment of each method of Sys. */
function syscalls(): string[] {
  const text = read('src/sys/sys.ts');
  return OP_NAMES.map((name) => {
    const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s+${name}[(<]`).exec(text)?.[1];
    if (comment === undefined) throw new Error(`Sys.${name} has no doc comment`);
    const sentence = comment
      .replace(/^\s*\* ?/gm, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    return `| \`${name}\` | ${sentence.replaceAll('|', '\\|')} |`;
  });
}

/** A comment that says what is decided: `# accept: the number is taken first, so that …`. */
interface Decision {
  /** A syscall, a kind of socket, an option: what it is about. */
  readonly subject: string;
  /** Sentences that stand by themselves. */
  readonly text: string;
  readonly path: string;
}

/** The lines of each comment of a source, without what makes them comments. */
function comments(source: string): string[][] {
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n)+/gm)].map(([comment]) =>
    comment
      .split('\n')
      .map((line) => line.replace(/^\s*(?:\/\*\*|\*\/|\*|\/\/)? ?/, '').replace(/\s*\*\/$/, '')),
  );
}

/** The headed comments of some folders. */
function decisions(...folders: readonly string[]): Decision[] {
  const found: Decision[] = [];
  for (const path of folders.flatMap(sources)) {
    for (const lines of comments(read(path))) {
      for (let at = 0; at < lines.length; at++) {
        const heading = /(?:^|\. )# (.+)$/.exec(lines[at] as string)?.[1];
        if (heading === undefined) continue;
        const body: string[] = [];
        while (lines[at + 1] && !/(?:^|\. )# /.test(lines[at + 1] as string)) {
          body.push(lines[++at] as string);
        }
        found.push(decisionOf(path, heading, body));
      }
    }
  }
  return found;
}

function decisionOf(path: string, heading: string, body: readonly string[]): Decision {
  const [, subject, first] = /^(.+?): (.+)$/.exec(heading) ?? [];
  if (subject === undefined || first === undefined) {
    throw new Error(`${path}: "# ${heading}" has no subject; write "# subject: what is decided"`);
  }
  // A heading of its own is a sentence; one that is too long for its line goes on in the next.
  const next = body[0] ?? '';
  const goesOn = next === '' || !/^["'A-Z\d]/.test(next) || isFull(heading, next);
  return {
    subject,
    text: [first, ...body].join(' ').replace(first, goesOn ? first : `${first}.`),
    path,
  };
}

/** Whether the next word would not have fitted into the line of a heading. */
function isFull(heading: string, next: string): boolean {
  return heading.length + (next.split(' ')[0] as string).length > 90;
}

/** One line a decision, in the order of what they are about. */
function decided(...folders: readonly string[]): string {
  const found = decisions(...folders);
  const key = ({ subject }: Decision): string => subject.toLowerCase();
  found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  return found
    .map(
      ({ subject, text, path }) => `- **${subject}**: ${text.replace(/\.?$/, '.')} (\`${path}\`)`,
    )
    .join('\n');
}

/** What a handled signal does to calls that sleep. */
function signals(): string {
  const listed = (how: Row['onSignal']): string =>
    OP_NAMES.filter((_name, op) => ROWS[op]?.onSignal === how)
      .map((name) => `\`${name}\``)
      .join(', ');
  return `A signal that is handled while a call sleeps ends it with EINTR (signal(7)), with these exceptions. Where the handler has
SA_RESTART, it starts again: ${listed('restarts')}. It passes by: ${listed('passes')}.`;
}

/** What the seam refuses by a list of what there is. */
function listedFences(): string[] {
  const beside = (what: string, known: object): string =>
    `- every ${what} but ${Object.keys(known)
      .map((name) => `\`${name}\``)
      .join(', ')}`;
  const flags = Object.values(MESSAGE_FLAG_NAMES).map((name) => `\`${name}\``);
  return [
    beside('family of sockets', FAMILIES),
    beside('type of sockets', TYPES),
    beside('clock', CLOCKS),
    beside('socket option', SOCKET_OPTIONS),
    `- of the flags of send, recv, sendto and recvfrom: ${flags.join(', ')}, and those without a name`,
  ];
}

/** What else throws an UnsupportedError, as its message begins. */
function fences(): string[] {
  const rows = new Set<string>();
  for (const path of [...sources('src/sys'), ...sources('src/sim'), ...sources('src/real')]) {
    for (const [, , message] of read(path).matchAll(UNSUPPORTED)) {
      const what = (message as string).replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…');
      // What begins with what the program has written is listed above, or checked as arguments are.
      if (!what.startsWith('…')) rows.add(`- \`${what}\` (\`${path}\`)`);
    }
  }
  return [...listedFences(), ...rows];
}

/** Quoted, or a template with expressions that may hold braces themselves. */
const UNSUPPORTED =
  /new UnsupportedError\(\s*(['`])((?:\$\{(?:[^{}]|\{[^{}]*\})*\}|(?!\1)[\s\S])*?)\1/g;

/** Which syscalls the two kernels are compared in, and by what. */
function compared(): string {
  const called = new Set(
    [...read('src/conform/calls.ts').matchAll(/sys\.(\w+)\(/g)].map((match) => match[1] as string),
  );
  const listed = (names: readonly string[]): string =>
    names.map((name) => `\`${name}\``).join(', ');
  const ops: readonly string[] = OP_NAMES;
  const generated = ops.filter((name) => called.has(name));
  const own = ops.filter((name) => !called.has(name) && REAL_HANDLERS[ops.indexOf(name)] === null);
  const lawsOnly = ops.filter((name) => !called.has(name) && !own.includes(name));
  const cases = readdirSync(join(root, 'test/conformance/cases')).length;
  return `Generated programs (\`npm run conform\`) do ${generated.length} syscalls on both kernels, by several tasks, threads and a forked child:
${listed(generated)}. ${cases} saved programs, one for each difference that was found, are done with every run of the tests.

The numbers of descriptors, their flags and what exec leaves open are compared with a process's own (\`test/conformance/descriptors.test.ts\`),
because the provider of Linux gives its programs numbers of heddle's. Calls that truly sleep for MSG_WAITALL and SO_RCVLOWAT are
compared in \`test/conformance/waitall.test.ts\`, because that provider's calls never do.

The laws of \`test/kernel\` are written once and held against both kernels; those that only the simulated one can be asked are marked
there with the reason. On both it is heddle's own code that answers, so that nothing is compared, in
${listed(own)}; and only the simulated kernel has
${listed(lawsOnly)} and what belongs to it.

Never compared: how many bytes a full buffer holds, ports that the kernel chooses, times, which of several sleepers is woken first,
and signals other than SIGPIPE.`;
}

export function linuxPage(): string {
  return `# heddle's kernel and Linux's

Written from the code by \`npm run docs\`. The kernel is modelled on Linux 6.18; where it speaks it should answer as Linux
does, and \`npm run conform\` compares the two, program by program.

## Simulated

Each is a method of \`Sys\`; names and meanings are those of the manual pages, section 2. What threads share (from \`load\` on) Linux has
none of in its kernel: [sync.md](sync.md).

| syscall | |
|---|---|
${syscalls().join('\n')}

${signals()}

## Fenced

These throw an \`UnsupportedError\` that names the syscall or the flag; nothing is silently ignored.

${fences().join('\n')}

These syscalls there are none of; who calls them is told so, with what to do instead.

${Object.entries(ABSENT)
  .map(([name, instead]) => `- \`${name}\`: ${instead}`)
  .join('\n')}

## Compared

${compared()}

${decided('src/conform')}

## Decided: where heddle differs on purpose, and points that are easily got wrong

In the simulated kernel and its network:

${decided('src/sim/kernel', 'src/sim/network')}

On real sockets, Linux's and those of node:net:

${decided('src/real')}
`;
}

function modelTable(): string {
  const rows = MODELS.map((model) => {
    const numbers = model.faults.map(({ number }) => number).join(', ') || '–';
    return tableRow([
      `[\`${model.id}\`](../../src/models/${model.id}.ts)`,
      model.seed,
      model.what,
      model.io,
      kernelsOf(model),
      numbers,
    ]);
  });
  const head = ['id', 'article', 'what it is', 'I/O', 'runs on', 'faults as written'];
  return [tableRow(head), tableRow(head.map(() => '---')), ...rows].join('\n');
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function kernelsOf(model: Model): string {
  const on = KERNELS.filter((kernel) => whyNotOn(kernel, model) === undefined);
  return on.length === KERNELS.length ? 'all' : on.join(', ');
}

/** Where a model does not run, and why. */
function lackingKernels(): string {
  const rows = MODELS.flatMap((model) =>
    KERNELS.flatMap((kernel) => {
      const why = whyNotOn(kernel, model);
      return why === undefined ? [] : [`- \`${model.id}\` not on ${kernel}: ${why}`];
    }),
  );
  const all = `All: ${KERNELS.join(', ')} (Linux needs the optional package koffi).`;
  return rows.length === 0 ? all : `${all}\n\n${rows.join('\n')}`;
}

function code(path: string): string {
  return `\`\`\`ts\n${read(path)}\`\`\``;
}

/**
 * The report of a scenario as it is the first time, with nothing saved, for those who have heddle
 * as a package.
 */
async function reportOf(scenario: Scenario): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-docs-'));
  const failure = await check(scenario, { runs: 2000, folder, calledAs: 'fuzz' }).catch(
    (error: unknown) => error,
  );
  rmSync(folder, { recursive: true });
  if (!(failure instanceof ScheduleFailure)) throw new Error(`${scenario.name}: no longer fails`);
  const message = failure.message
    .replaceAll(`${HEDDLE} `, 'npx heddle ')
    .replaceAll(folder, '.heddle');
  return `\`\`\`text\n${failure.name}: ${message}\n\`\`\``;
}

async function report(): Promise<string> {
  const [echo] = await loadScenarios(join(root, 'examples/first/echo.test.ts'));
  return reportOf(echo as Scenario);
}

type Parts = Readonly<Record<string, () => string | Promise<string>>>;

const ECHO: Parts = { report, test: () => code('examples/first/echo.test.ts') };

/** The table of docs/neighbours.md without the numbers of its sources. */
function neighbours(): string {
  const rows = read('docs/neighbours.md').match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) => row.replaceAll(/ \[\d+\]/g, '')).join('\n');
}

/** The parts of a file between `// #region NAME` and `// #endregion`, as code. */
function regions(path: string): Parts {
  const found: Record<string, () => string> = {};
  const text = read(path);
  for (const [, name, body] of text.matchAll(
    /\/\/ #region (\S+)\n([\s\S]*?)\n *\/\/ #endregion/g,
  )) {
    const lines = (body as string).split('\n');
    const indents = lines.filter((line) => line !== '').map((line) => line.search(/\S/));
    const from = Math.min(...indents);
    found[name as string] = () =>
      `\`\`\`ts\n${lines.map((line) => line.slice(from)).join('\n')}\n\`\`\``;
  }
  return found;
}

/** A page with the parts between its markers as the code has them. */
async function pageWith(path: string, parts: Parts): Promise<string> {
  let text = read(path);
  for (const [name, part] of Object.entries(parts)) {
    const [begin, end] = [`<!-- ${name}: npm run docs -->`, `<!-- /${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${path} has lost its markers ${begin} … ${end}`);
    text = `${text.slice(0, from + begin.length)}\n\n${await part()}\n\n${text.slice(to)}`;
  }
  return text;
}

function schemaPage(): string {
  return `${JSON.stringify(failureSchema(), null, 2)}\n`;
}

interface Page {
  readonly path: string;
  readonly page: () => string | Promise<string>;
}

/** A page whose code stands in a test of its own, which has its name. */
function guide(path: string): Page {
  const test = `examples/guide/${basename(path, '.md')}.test.ts`;
  return { path, page: () => pageWith(path, regions(test)) };
}

/** Guides with code: each of docs/guides that a test of examples/guide is called after. */
const GUIDES: readonly Page[] = readdirSync(join(root, 'docs/guides'))
  .filter((name) => existsSync(join(root, `examples/guide/${basename(name, '.md')}.test.ts`)))
  // That one has parts of other files as well.
  .filter((name) => name !== 'programs.md')
  .sort()
  .map((name) => guide(`docs/guides/${name}`));

export const PAGES: readonly Page[] = [
  { path: 'docs/linux.md', page: linuxPage },
  { path: 'docs/failure.schema.json', page: schemaPage },
  { path: 'README.md', page: () => pageWith('README.md', { ...ECHO, neighbours }) },
  {
    path: 'docs/guides/programs.md',
    page: () =>
      pageWith('docs/guides/programs.md', {
        ...ECHO,
        example: () => code('examples/first/echo.ts'),
        ...regions('examples/first/echo-fixed.ts'),
      }),
  },
  { path: 'docs/servers/course.md', page: coursePage },
  ...serverPictures(),
  {
    path: 'docs/servers/index.md',
    page: () =>
      pageWith('docs/servers/index.md', {
        models: () => `${modelTable()}\n\n${lackingKernels()}`,
      }),
  },
  {
    path: 'docs/realm.md',
    page: () => pageWith('docs/realm.md', { scenario: () => code('examples/cache/scenario.ts') }),
  },
  {
    path: 'docs/from-fast-check.md',
    page: () =>
      pageWith(
        'docs/from-fast-check.md',
        regions('examples/from-fast-check/from-fast-check.test.ts'),
      ),
  },
  guide('docs/laws.md'),
  guide('docs/replay.md'),
  ...GUIDES,
  { path: 'docs/reference/cli.md', page: commandLinePage },
  { path: 'docs/reference/failure-file.md', page: failureFilePage },
  {
    path: 'docs/sync.md',
    page: () =>
      pageWith('docs/sync.md', {
        program: () => code('examples/first-answer/first-answer.ts'),
        report: () => reportOf(twoSources(0)),
      }),
  },
  {
    path: 'examples/chat/README.md',
    page: () => pageWith('examples/chat/README.md', { report: () => reportOf(twoAnnas(false)) }),
  },
];

/** `--check` writes nothing and names the pages that are not what the code says. */
if (process.argv[1] === import.meta.filename) {
  const checks = process.argv.includes('--check');
  for (const { path, page } of PAGES) {
    const text = await page();
    if (!checks) writeFileSync(join(root, path), text);
    else if (text !== read(path)) {
      console.error(`${path} is not what the code says; npm run docs writes it again`);
      process.exitCode = 1;
    }
  }
}
