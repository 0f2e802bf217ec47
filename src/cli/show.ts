import { writeFileSync } from 'node:fs';
import { type TracedRun, traceRun } from '../sim/explore/trace.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { asJsonLines } from '../sim/trace/formats/json.ts';
import { asMermaid } from '../sim/trace/formats/mermaid.ts';
import { asPcapng } from '../sim/trace/formats/pcapng.ts';
import { asPerfetto } from '../sim/trace/formats/perfetto.ts';
import { asShiViz } from '../sim/trace/formats/shiviz.ts';
import { asText } from '../sim/trace/formats/text.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { UsageError } from '../sys/errors.ts';
import { EXIT } from './exit-codes.ts';
import type { FormatName } from './format-names.ts';
import { openRun, type RunName } from './runs.ts';

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
}

/** `heddle show`: the trace of a run, in the language of another tool. */
export async function showCommand(command: ShowCommand): Promise<number> {
  const { what, format, variant, file, out } = command;
  if (out === undefined && format === 'pcapng' && process.stdout.isTTY) {
    throw new UsageError(
      `pcapng is binary and this is a terminal; name a file with --out, or pipe it: ${HEDDLE} show ${what} --as pcapng | tshark -r -`,
    );
  }
  const open = await openRun({ what, variant, file });
  const traced = await inMacrotask(() => {
    const { scenario, decisions } = open();
    return traceRun(scenario, decisions, WITH_ROADS.includes(format) ? {} : { roadStepsMax: 0 });
  });
  const shown = FORMATS[format](traced);
  if (out === undefined) process.stdout.write(shown);
  else write(out, shown);
  return EXIT.ok;
}

export function write(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new UsageError(
      `${path} cannot be written: ${(error as Error).message}; choose another place with --out`,
    );
  }
}
