/** What came of scenarios, as CI systems want to be told: `--reporter`. */
import { fileOf } from '../sim/explore/failures.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { printable } from '../sim/trace/printable.ts';
import { UsageError } from '../sys/errors.ts';
import { choice, type Definition } from './command.ts';
import { JSON_LINES } from './options.ts';
import { Output } from './output.ts';

const NAMES = { text: 'text', json: 'json', junit: 'junit', github: 'github' } as const;

export type ReporterName = keyof typeof NAMES;

/** How a command reports, as it is asked for. */
export interface Reporting {
  readonly reporter: ReporterName;
  readonly json: boolean;
}

export const REPORTING: { readonly [Key in keyof Reporting]: Definition<Reporting[Key]> } = {
  reporter: choice<ReporterName>(
    '--reporter <how>',
    'what is written to stdout; junit: an XML file, with the text on stderr; github: the text, with annotations at your lines',
    NAMES,
    'text',
  ),
  json: { ...JSON_LINES, about: 'one JSON object per line, as --reporter json' },
};

/** @throws UsageError if two are asked for at once */
export function reporterOf({ reporter, json }: Reporting): ReporterName {
  if (!json || reporter === 'json') return reporter;
  if (reporter === 'text') return 'json';
  throw new UsageError(
    `--json and --reporter ${reporter} both say what to print; give one of them`,
  );
}

/** What a scenario has come to. */
export interface Verdict {
  readonly ending: 'passed' | 'failed' | 'error' | 'skipped';
  /** The class of the error, where it did not pass. */
  readonly type?: string;
  /** What there is to say of it, in a line. */
  readonly message: string;
  /** All there is to say of it. */
  readonly report?: string;
  /** The user's line, as `src/server.ts:22:11`. */
  readonly at?: string | undefined;
  /** The command that shows it again. */
  readonly again?: string | undefined;
}

/** A verdict, of which scenario, and how long it took. */
interface Case extends Verdict {
  readonly name: string;
  readonly file: string;
  readonly line: string | undefined;
  readonly seconds: number;
}

/** Hears of one scenario after the other, and writes what a CI system wants to read. */
export class CiReport {
  readonly out: Output;
  readonly #reporter: ReporterName;
  readonly #cases: Case[] = [];
  #beganMs: number = performance.now();

  constructor(reporter: ReporterName) {
    this.#reporter = reporter;
    this.out = new Output(reporter === 'json', reporter);
  }

  /** The next scenario begins. */
  begins(): void {
    this.#beganMs = performance.now();
  }

  /** It has ended. */
  ended({ name, where }: Pick<Scenario, 'name' | 'where'>, verdict: Verdict): void {
    const file = fileOf(where) ?? 'heddle';
    const line = /:(\d+):\d+$/.exec(where)?.[1];
    const seconds = (performance.now() - this.#beganMs) / 1000;
    const one = { ...verdict, name, file, line, seconds };
    this.#cases.push(one);
    const isBad = verdict.ending === 'failed' || verdict.ending === 'error';
    if (this.#reporter === 'github' && isBad) this.out.raw(annotation(one, where));
  }

  /** All have ended. */
  end(): void {
    if (this.#reporter === 'junit') this.out.raw(junitOf(this.#cases));
  }
}

/** A workflow command of GitHub Actions: `%`, ends of lines and what parts fields are escaped. */
function annotation({ name, message, at, again }: Case, where: string): string {
  const [, file, line, col] = /^(.*):(\d+):(\d+)$/.exec(at ?? where) ?? [];
  const data = (text: string): string =>
    printable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const field = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const fields = Object.entries({ file, line, col, title: `heddle: ${name}` }).flatMap(
    ([key, value]) => (value === undefined ? [] : [`${key}=${field(value)}`]),
  );
  const text = again === undefined ? message : `${message}\n${again}`;
  return `::error ${fields.join(',')}::${data(text)}`;
}

// ---- JUnit ----

/** What cannot stand in XML at all, though a terminal takes it. */
const NO_XML = /[\ufffe\uffff]/g;

/** Text in an element. */
function xml(text: string): string {
  return printable(text)
    .replace(NO_XML, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** Text in an attribute, where ends of lines would become blanks. */
function attribute(text: string): string {
  return xml(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .flatMap(([key, value]) =>
      value === undefined ? [] : [` ${key}="${attribute(String(value))}"`],
    )
    .join('');
}

function counts(cases: readonly Case[]): Record<string, string | number> {
  const count = (wanted: Verdict['ending']): number =>
    cases.filter(({ ending }) => ending === wanted).length;
  return {
    tests: cases.length,
    failures: count('failed'),
    errors: count('error'),
    skipped: count('skipped'),
    time: cases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3),
  };
}

/** The XML that CI systems know as JUnit's: a suite for each file, a case for each scenario. */
function junitOf(cases: readonly Case[]): string {
  const files = [...new Set(cases.map(({ file }) => file))];
  const suites = files.map((file) => {
    const its = cases.filter((one) => one.file === file);
    const inside = its.map(caseText).join('');
    return `  <testsuite${attributes({ name: file, ...counts(its) })}>\n${inside}  </testsuite>\n`;
  });
  const all = attributes({ name: 'heddle', ...counts(cases) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${all}>\n${suites.join('')}</testsuites>`;
}

function caseText({ name, file, line, seconds, ending, type, message, report }: Case): string {
  const head = attributes({ classname: file, name, file, line, time: seconds.toFixed(3) });
  const inside = {
    passed: `<system-out>${xml(message)}</system-out>`,
    skipped: `<skipped${attributes({ message })}/>`,
    failed: `<failure${attributes({ type, message })}>${xml(report ?? message)}</failure>`,
    error: `<error${attributes({ type, message })}>${xml(report ?? message)}</error>`,
  }[ending];
  return `    <testcase${head}>\n      ${inside}\n    </testcase>\n`;
}
