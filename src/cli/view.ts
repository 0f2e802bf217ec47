import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import pc from 'picocolors';
import { modelNamed } from '../models/catalogue.ts';
import { TOUR_MESSAGES } from '../scenarios/comparison.ts';
import type { Variant } from '../scenarios/index.ts';
import { FAILURES_FOLDER } from '../sim/explore/failures.ts';
import { traceRun } from '../sim/explore/trace.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { HEDDLE, shellWord } from '../sim/trace/invocation.ts';
import type { TraceModel } from '../sim/trace/model.ts';
import { packTrace } from '../sim/trace/pack.ts';
import type { PageData, PageRun } from '../sim/trace/page.ts';
import { UsageError } from '../sys/errors.ts';
import { type Branch, branched, parseBranches } from './branch.ts';
import { type AnyCommand, defineCommand, flag, option } from './command.ts';
import { excerptsFor } from './excerpts.ts';
import { EXIT } from './exit-codes.ts';
import { runArgument } from './latest.ts';
import { MODEL_IDS } from './model-ids.ts';
import { FILE, JSON_LINES, TRUST, VARIANT } from './options.ts';
import { Output } from './output.ts';
import { openRun, openVisit, type RunName, slugOf } from './runs.ts';
import { write } from './show.ts';
import { serveLive } from './view-live.ts';
import { pageOf } from './viewer-page.ts';

/** A thread per connection, select, epoll, and coroutines over asyncio's streams. */
const COMPARED = ['threaded', 'select-queues', 'epoll-level', 'streams'];
/** The process that serves, in the scenarios of models. */
const SERVICE = 'server';

export interface ViewCommand {
  /** Failure files, schedules as text, or models; with `compare`, models. */
  readonly what: readonly string[];
  readonly compare: boolean;
  readonly variant: Variant;
  readonly file: string | undefined;
  readonly trust: boolean;
  /** Other roads at decisions of the run. */
  readonly take: readonly Branch[] | undefined;
  /** Where the page is written; undefined: under .heddle/. */
  readonly out: string | undefined;
  /** Serve it instead, so that other roads are links. */
  readonly live: boolean;
  /** Whether to open it in the browser. */
  readonly open: boolean;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<ViewCommand>({
  name: 'view',
  about: 'draw a run as one HTML file that needs no network, and open it',
  given: {
    what: runArgument(
      '[run...]',
      'a failure file, a schedule as text (h1:…), or a model for its calm run; files also side by side',
    ),
    compare: flag(
      '--compare',
      'the same visit to several servers, side by side: models, and files that export `server(sys, { port })`',
    ),
    variant: VARIANT,
    file: FILE,
    trust: TRUST,
    take: option(
      '--take <decision:alternative>',
      'take this alternative there, and calm ones from then on; the page names them',
      parseBranches,
    ),
    live: flag(
      '--live',
      'serve the page until Ctrl-C, in which each road not taken is a link to it',
    ),
    out: option('--out <file>', 'where to write the page (default: under .heddle/view/)', String),
    open: flag('--no-open', 'write it and do not open it'),
    json: JSON_LINES,
  },
  examples: [
    'view .heddle/FILE.json',
    'view epoll-level',
    'view .heddle/ONE.json .heddle/OTHER.json',
    'view --live .heddle/FILE.json',
    'view --compare',
    'view --compare threaded poll gevent --out three.html --no-open',
    'view --compare threaded ./my-server.ts',
  ],
  run: viewCommand,
});

/** The page of a failure that is saved, as `heddle view` draws it. */
export async function viewPage(path: string, out: Output): Promise<string> {
  const { page } = await draw(
    {
      ...{ what: [path], compare: false, variant: 'corrected', file: undefined, trust: false },
      ...{ take: undefined, out: undefined, live: false, open: false, json: true },
    },
    out,
  );
  return page;
}

interface Drawn {
  readonly page: string;
  readonly names: readonly RunName[];
  readonly models: readonly TraceModel[];
}

async function draw(
  command: ViewCommand,
  out: Output,
  opener: typeof openRun = openRun,
): Promise<Drawn> {
  const names = namesOf(command);
  const runs: { readonly page: PageRun; readonly model: TraceModel }[] = [];
  for (const name of names) {
    out.progress(`${name.what}: running it again`);
    const open = command.compare
      ? await openVisit(name)
      : await opener(name, (text) => out.warn(text));
    const { model } = await inMacrotask(() => {
      const { scenario, decisions } = branched(open(), command.take ?? []);
      return traceRun(
        scenario,
        decisions,
        names.length > 1 ? { roadStepsMax: COMPARED_ROADS } : {},
      );
    });
    runs.push({ model, page: pageRunOf(name, model, command) });
  }
  const data: PageData = {
    runs: runs.map(({ page }) => page),
    sources: excerptsFor(runs.map(({ model }) => model)),
    folder: process.cwd(),
    next: nextOf(command, names),
    live: command.live,
  };
  return { page: await pageOf(data), names, models: runs.map(({ model }) => model) };
}

/** `heddle view`: a run, or several side by side, as one HTML file. */
export async function viewCommand(command: ViewCommand): Promise<number> {
  const out = new Output(command.json);
  if (command.live) return viewLive(command, out);
  const { page, names, models } = await draw(command, out);
  const path = command.out ?? join(FAILURES_FOLDER, 'view', `${pageName(command, names)}.html`);
  makeFolder(dirname(path));
  write(path, page);
  const opened = command.open && openInBrowser(resolve(path), out);
  out.object({
    type: 'view',
    path,
    bytes: Buffer.byteLength(page),
    opened,
    runs: models.map(({ scenario, steps, failure }) => ({
      scenario,
      steps: steps.length,
      failure: failure?.message ?? null,
    })),
  });
  out.line(path);
  if (!opened) out.line(pc.dim(`open it in a browser: ${pathToFileURL(path).href}`));
  return EXIT.ok;
}

/** Each page is of a run that is made when it is asked for. */
async function viewLive(command: ViewCommand, out: Output): Promise<number> {
  const [name, another] = namesOf(command);
  if (another !== undefined || name === undefined) {
    throw new UsageError('--live is for one run: name one file, schedule or model');
  }
  const open = await openRun(name, (text) => out.warn(text));
  const shown = (address: string): void => {
    out.object({ type: 'live', address });
    out.line(address);
    if (!command.open || !openInBrowser(address, out)) out.line(pc.dim('Ctrl-C ends it'));
  };
  const draw1 = async (take = command.take): Promise<string> =>
    (await draw({ ...command, take }, out, async () => open)).page;
  return serveLive(draw1, shown, out);
}

/** Steps of replays for each of several runs: they are looked at side by side first. */
const COMPARED_ROADS = 100_000;

function namesOf({ what, compare, variant, file, trust, take }: ViewCommand): RunName[] {
  const named = what.length === 0 && compare ? COMPARED : what;
  if (named.length === 0) {
    throw new UsageError(
      `view what? Name a failure file, a schedule or a model, or compare models: ${HEDDLE} view --compare`,
    );
  }
  if (compare && take !== undefined) {
    throw new UsageError('--take is for one run: leave out --compare, and name the run');
  }
  if (!compare && named.length > 1) {
    if (named.some((one) => MODEL_IDS.includes(one))) {
      throw new UsageError('view one model at a time, or several side by side with --compare');
    }
    if (take !== undefined) throw new UsageError('--take is for one run: name one file');
  }
  for (const one of compare ? named : []) {
    if (modelNamed(one) === undefined && !existsSync(one)) {
      const why = MODEL_IDS.includes(one) ? 'which serves no clients' : 'which is no model';
      throw new UsageError(
        `--compare was given ${JSON.stringify(one)}, ${why}; it compares servers: ${COMPARED.join(', ')}, … (heddle models), and files of yours that export one`,
      );
    }
  }
  return [...new Set(named)].map((one) => ({ what: one, variant, file, trust }));
}

function pageRunOf(
  name: RunName,
  model: TraceModel,
  { what: all, compare, take = [] }: ViewCommand,
): PageRun {
  const { what } = name;
  // Several files are told apart by their names, and cost nothing that can be compared.
  const served = compare || all.length === 1 ? modelNamed(what) : undefined;
  const visited = compare || served !== undefined;
  return {
    title: !visited && all.length < 2 ? model.scenario : what,
    what: served?.what ?? '',
    counted: visited ? [SERVICE] : [],
    messages: visited ? TOUR_MESSAGES.flat().length : 0,
    branch: branchOf(name, take),
    trace: packTrace(model),
  };
}

/** The command that takes another road, but for which. */
function branchOf({ what, variant, file, trust }: RunName, taken: readonly Branch[]): string {
  const words = [
    shellWord(what),
    ...(variant === 'asWritten' && MODEL_IDS.includes(what) ? ['--variant as-written'] : []),
    ...(file === undefined ? [] : [`--file ${shellWord(file)}`]),
    ...(trust ? ['--trust'] : []),
  ];
  const before = taken.map(({ place, choice }) => `${place}:${choice},`).join('');
  return `${HEDDLE} view ${words.join(' ')} --take ${before}`;
}

function nextOf({ compare, variant }: ViewCommand, names: readonly RunName[]): [string, string][] {
  const [first] = names;
  if (first === undefined) return [];
  const isModel = MODEL_IDS.includes(first.what);
  const flag = variant === 'asWritten' ? ' --variant as-written' : '';
  if (compare)
    return [
      ['again', `${HEDDLE} view --compare ${names.map(({ what }) => what).join(' ')}${flag}`],
    ];
  if (names.length > 1) {
    const words = names.map(({ what }) => shellWord(what)).join(' ');
    return [
      ['again', `${HEDDLE} view ${words}`],
      ['where they part', `${HEDDLE} diff ${words}`],
    ];
  }
  if (isModel) return [['break it', `${HEDDLE} fuzz ${first.what}${flag}`]];
  return [
    ['replay', `${HEDDLE} replay ${first.what}`],
    ['packets', `${HEDDLE} show ${first.what} --as pcapng | tshark -r -`],
  ];
}

function pageName({ compare, take = [] }: ViewCommand, names: readonly RunName[]): string {
  const branches = take.map(({ place, choice }) => `take-${place}-${choice}`);
  const slugs = [...names.map(slugOf), ...branches].join('-');
  return compare ? `compare-${slugs}` : slugs;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(
      `the folder ${folder} cannot be made: ${(error as Error).message}; choose another place with --out`,
    );
  }
}

/** Whether a browser was asked to show it: there has to be a screen. */
function openInBrowser(what: string, out: Output): boolean {
  const { platform, env } = process;
  const command = { darwin: 'open', win32: 'explorer' }[platform as string] ?? 'xdg-open';
  const hasScreen =
    platform === 'darwin' ||
    platform === 'win32' ||
    Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']);
  if (!hasScreen || env['CI'] !== undefined) return false;
  const opener = spawn(command, [what], { detached: true, stdio: 'ignore' });
  opener.on('error', () => {
    out.warn(`${command} is not there; open the file yourself`);
  });
  opener.unref();
  return true;
}
