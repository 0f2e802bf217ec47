import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import pc from 'picocolors';
import { exportedName } from '../load/scenarios.ts';
import { hostsPlanOf } from '../node/hosts.ts';
import { isService } from '../node/hosts-services.ts';
import {
  FAILURES_FOLDER,
  type FailureFile,
  notedPath,
  RECORDING_SUFFIX,
  readFailure,
} from '../sim/explore/failures.ts';
import { readBounded, writeWhole } from '../sim/explore/whole-file.ts';
import { printable } from '../sim/trace/printable.ts';
import { countText } from '../sim/trace/report.ts';
import { UsageError } from '../sys/errors.ts';
import { type AnyCommand, choice, defineCommand, flag } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { scenarioOfFile } from './find-scenario.ts';
import { runArgument } from './latest.ts';
import { FILE, JSON_LINES, TRUST } from './options.ts';
import { Output } from './output.ts';
import { refuseOfRecording } from './replay-recording.ts';

const RUNNERS = { vitest: 'vitest', 'node:test': 'node:test' } as const;

interface PinCommand {
  /** The failure. */
  readonly failure: string;
  readonly runner: keyof typeof RUNNERS;
  readonly isPrinted: boolean;
  readonly file: string | undefined;
  readonly trust: boolean;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<PinCommand>({
  name: 'pin',
  about: 'write a regression test of a saved failure, with a copy of it to commit',
  given: {
    failure: runArgument('<failure>', 'the failure file'),
    runner: choice('--runner <name>', 'whose test it is', RUNNERS, 'vitest'),
    isPrinted: flag('--print', 'print the test, and write nothing'),
    file: FILE,
    trust: TRUST,
    json: JSON_LINES,
  },
  notes: `The test is written beside the file of the scenario, the copy of the failure into the folder "failures" there. The test first replays that failure by the names of tasks and calls, so that it survives edits, and then searches as check does.
Existing files are never overwritten.`,
  examples: [
    'pin .heddle/every-client-gets-its-own-bytes-back-1f2e3d4c.json',
    'pin .heddle/every-client-gets-its-own-bytes-back-1f2e3d4c.json --runner node:test --print',
  ],
  run: pinCommand,
});

/** A failure is of this size at most: see `readFailure`, which has read it before. */
const COPY_BYTES_MAX = 64 * 2 ** 20;

/** `heddle pin`: a failure becomes a test. */
async function pinCommand(given: PinCommand): Promise<number> {
  const { failure: path, isPrinted, json } = given;
  if (path.endsWith(RECORDING_SUFFIX)) refuseOfRecording('heddle pin');
  const out = new Output(json);
  const file = readFailure(path);
  const place = await placeOf(path, file, given, (text) => out.warn(text));
  const folder = isOfFolder(path) ? dirname(path) : join(place.folder, 'failures');
  const copy = join(folder, basename(path));
  const test = join(place.folder, `${basename(path, '.json')}.test${place.extension}`);
  const text = testText(path, file, { ...place, folder, runner: given.runner });
  if (isPrinted) {
    out.object({ type: 'pin', test: null, failure: null, text });
    if (!json) out.said(text);
    return EXIT.ok;
  }
  const bytes = readBounded(path, COPY_BYTES_MAX);
  const isCopied = existsSync(copy);
  if (existsSync(test)) refuseToOverwrite(test);
  if (isCopied && !readBounded(copy, COPY_BYTES_MAX).equals(bytes)) refuseToOverwrite(copy);
  if (!isCopied) writeWhole(copy, bytes);
  writeWhole(test, text);
  out.object({ type: 'pin', test, failure: copy, text });
  out.line(`${pc.green('written')}  ${test}`);
  out.line(`${isCopied ? 'there   ' : pc.green('written')}  ${copy}`);
  out.line('\nIt fails until the mistake is fixed. Commit both.');
  return EXIT.ok;
}

function refuseToOverwrite(path: string): never {
  throw new UsageError(
    `${path} is there already and is not overwritten; delete it, or print the test with --print`,
  );
}

/** Whether it lies in a folder of the user's already, and not where heddle plays. */
const isOfFolder = (path: string): boolean =>
  basename(dirname(path)) !== FAILURES_FOLDER && relative('.', dirname(path)) !== '';

/** Where the test stands, and how it comes by the scenario. */
interface Place {
  readonly folder: string;
  readonly extension: string;
  /** What it imports from heddle. */
  readonly fromHeddle: readonly string[];
  /** The module that exports the scenario, as it is imported; undefined for one made of data. */
  readonly module: string | undefined;
  /** The scenario as code; `default` where the module exports it so. */
  readonly scenario: string;
}

async function placeOf(
  path: string,
  { scenario }: FailureFile,
  { file, trust }: PinCommand,
  say: (text: string) => void,
): Promise<Place> {
  const found = await scenarioOfFile({ path, file: { scenario } }, { file, trust, say });
  const hosts = hostsPlanOf(scenario.recipe);
  if (hosts !== undefined) {
    return {
      folder: dirname(hosts.hosts.find((plan) => !isService(plan))?.program ?? ''),
      extension: '.mjs',
      fromHeddle: ['check', 'hostsScenario'],
      module: undefined,
      scenario: `hostsScenario(${JSON.stringify(hosts)})`,
    };
  }
  const from = file ?? (scenario.file === null ? undefined : notedPath(path, scenario.file));
  if (from === undefined || !existsSync(from)) {
    throw new UsageError(
      `the scenario ${JSON.stringify(scenario.name)} stands in no file that is there; name its file with --file`,
    );
  }
  const name = await exportedName(from, found);
  if (name === undefined) {
    throw new UsageError(
      `${from} does not export the scenario ${JSON.stringify(scenario.name)}, so a test cannot import it; export it, as in \`export const echo = scenario(…)\``,
    );
  }
  return {
    folder: dirname(from),
    extension: extname(from).replace(/x$/, ''),
    fromHeddle: ['check'],
    module: `./${basename(from)}`,
    scenario: name,
  };
}

const isTest = (path: string): boolean => /\.(?:test|spec)\.[cm]?[jt]sx?$/.test(path);

/** The test as text. */
function testText(
  path: string,
  { failure, scenario, found }: FailureFile,
  { runner, ...place }: Place & Pick<PinCommand, 'runner'>,
): string {
  const comment = (text: string): string => `// ${printable(text).replaceAll('\n', '\n// ')}`;
  const title = quoted(`${scenario.name}: ${failure.law}`);
  const options = `{ folder: ${quoted(place.folder.replaceAll('\\', '/'))} }`;
  return [
    comment(`Written by heddle pin ${path}, for what was found in`),
    comment(`${foundIn(found)}: ${failure.message}`),
    `import { ${place.fromHeddle.join(', ')} } from 'heddle';`,
    ...(place.module !== undefined && isTest(place.module) && runner === 'vitest'
      ? besideTests(title, options, place.scenario, place.module)
      : alone(title, options, place, runner)),
    '',
  ].join('\n');
}

function foundIn({ run, strategy, seed }: FailureFile['found']): string {
  return run === 0 ? 'the calm run' : `run ${countText(run)} by ${strategy}, seed ${seed}`;
}

function alone(
  title: string,
  options: string,
  { scenario, module }: Place,
  runner: PinCommand['runner'],
): string[] {
  const name = scenario === 'default' ? 'pinned' : scenario;
  const imported = scenario === 'default' ? name : `{ ${name} }`;
  return [
    `import { test } from '${runner}';`,
    ...(module === undefined ? [] : [`import ${imported} from ${quoted(module)};`]),
    '',
    `test(${title}, () => check(${name}, ${options}));`,
  ];
}

/** To import a file of tests is to define these a second time: where they are skipped. */
function besideTests(title: string, options: string, name: string, module: string): string[] {
  const imported = name === 'default' ? 'default: pinned' : name;
  return [
    "import { describe, test } from 'vitest';",
    '',
    `const load = () => import(${quoted(module)});`,
    `describe.skip(${quoted(`the tests of ${basename(module)}, which run there`)}, async () => {`,
    '  await load();',
    '});',
    '',
    `test(${title}, async () => {`,
    `  const { ${imported} } = await load();`,
    `  await check(${name === 'default' ? 'pinned' : name}, ${options});`,
    '});',
  ];
}

/** As a string of JavaScript. */
function quoted(text: string): string {
  const inside = JSON.stringify(printable(text)).slice(1, -1).replaceAll('\\"', '"');
  return `'${inside.replaceAll("'", "\\'")}'`;
}
