import { statSync, writeFileSync } from 'node:fs';
import { type TracedRun, traceRun } from '../sim/explore/trace.ts';
import { writeWhole } from '../sim/explore/whole-file.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { asJsonLines } from '../sim/trace/formats/json.ts';
import { asMermaid } from '../sim/trace/formats/mermaid.ts';
import { asPcapng } from '../sim/trace/formats/pcapng.ts';
import { asPerfetto } from '../sim/trace/formats/perfetto.ts';
import { asShiViz } from '../sim/trace/formats/shiviz.ts';
import { asText } from '../sim/trace/formats/text.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { printable } from '../sim/trace/printable.ts';
import { UsageError } from '../sys/errors.ts';
import { type AnyCommand, choice, defineCommand, flag, option } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { runArgument } from './latest.ts';
import { FILE, TRUST, VARIANT } from './options.ts';
import { Output } from './output.ts';
import { openRun, type RunName } from './runs.ts';

/** Languages that a trace can speak. */
type FormatName = 'text' | 'json' | 'mermaid' | 'shiviz' | 'perfetto' | 'pcapng';

type Format = (traced: TracedRun) => string | Uint8Array;

/** Whose language a trace can speak. */
const FORMATS: Readonly<Record<FormatName, Format>> = {
  text: ({ model }) => asText(model),
  json: ({ model }) => asJsonLines(model),
  mermaid: ({ model }) => asMermaid(model),
  shiviz: ({ model }) => asShiViz(model),
  perfetto: ({ model }) => asPerfetto(model),
  pcapng: ({ model, carried }) => asPcapng(model, carried),
};

/** What looks at the roads not taken; the others have no place to tell of them. */
const WITH_ROADS: readonly FormatName[] = ['json'];

export interface ShowCommand extends RunName {
  readonly format: FormatName;
  /** Where to write it; undefined: standard output. */
  readonly out: string | undefined;
  /** JSON whatever the format. */
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<ShowCommand>({
  name: 'show',
  about: 'print the trace of a run, as text or in the language of another tool',
  given: {
    what: runArgument(
      '<run>',
      'a failure file, a schedule as text (h1:…), or a model for its calm run',
    ),
    format: choice(
      '--as <format>',
      'how to show it',
      Object.fromEntries(Object.keys(FORMATS).map((name) => [name, name as FormatName])),
      'text',
    ),
    variant: VARIANT,
    file: FILE,
    trust: TRUST,
    out: option('--out <file>', 'write it there instead of to standard output', String),
    json: flag('--json', 'the same as --as json'),
  },
  notes: `Formats:
  text      a table, one step per line
  json      JSON Lines: the run, its tasks, each step with decisions, causes and changes of state
  mermaid   a sequence diagram, to be pasted into an issue
  shiviz    a log with vector clocks, for https://bestchai.bitbucket.io/shiviz
  perfetto  a trace for https://ui.perfetto.dev
  pcapng    the packets, for Wireshark and tshark`,
  examples: [
    'show .heddle/FILE.json',
    'show .heddle/FILE.json --as mermaid',
    'show .heddle/FILE.json --as pcapng | tshark -r -',
    'show epoll-level --as perfetto --out epoll.json',
  ],
  run: showCommand,
});

/** `heddle show`: the trace of a run, in the language of another tool. */
export async function showCommand(command: ShowCommand): Promise<number> {
  const { what, variant, file, trust, out } = command;
  const format = command.json ? 'json' : command.format;
  if (out === undefined && format === 'pcapng' && process.stdout.isTTY) {
    throw new UsageError(
      `pcapng is binary and this is a terminal; name a file with --out, or pipe it: ${HEDDLE} show ${what} --as pcapng | tshark -r -`,
    );
  }
  const open = await openRun({ what, variant, file, trust }, (text) => new Output(true).warn(text));
  const traced = await inMacrotask(() => {
    const { scenario, decisions } = open();
    return traceRun(scenario, decisions, WITH_ROADS.includes(format) ? {} : { roadStepsMax: 0 });
  });
  const given = FORMATS[format](traced);
  const shown = typeof given === 'string' ? printable(given) : given;
  if (out === undefined) process.stdout.write(shown);
  else write(out, shown);
  return EXIT.ok;
}

/** In place of what was there; into it, if that is a pipe or a device. */
export function write(path: string, content: string | Uint8Array): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined || there.isFile()) writeWhole(path, content);
    else writeFileSync(path, content);
  } catch (error) {
    throw new UsageError(
      `${path} cannot be written: ${(error as Error).message}; choose another place with --out`,
    );
  }
}
