/** What a command of the command line is: its name, its arguments and flags, and what it does. */
import { Argument, type Command, Option } from 'commander';
import { EXIT_HELP } from './exit-codes.ts';

/** What stands on the command line without a flag. */
export interface ArgumentDefinition<T> {
  readonly kind: 'argument';
  /** `<file>` has to be there, `[other]` may, `[what...]` may be several. */
  readonly name: string;
  readonly about: string;
  readonly fallback?: T;
  /**
   * What a word means, each of them where there may be several.
   *
   * @throws UsageError if it means nothing
   */
  readonly read?: (word: string) => string;
}

interface OptionDefinition<T> {
  readonly kind: 'option';
  /** As `--runs <n>`, or `--json` for one that is there or not. */
  readonly flags: string;
  readonly about: string;
  /**
   * What the text means; undefined for a flag.
   *
   * @throws InvalidArgumentError if it means nothing
   */
  readonly read?: (text: string) => T;
  /** The words that may be given, and what each means. */
  readonly choices?: Readonly<Record<string, T>>;
  readonly fallback: T;
  /** What the help says of the fallback. */
  readonly fallbackText?: string;
  /** A variable of the environment that says it where the command line does not. */
  readonly variable?: string;
}

export type Definition<T> = ArgumentDefinition<T> | OptionDefinition<T>;

/** One command; `Given` is what it is given once the command line has been read. */
export interface CommandDefinition<Given> {
  readonly name: string;
  readonly about: string;
  /** Arguments come in this order. */
  readonly given: { readonly [Key in keyof Given]: Definition<Given[Key]> };
  /** What else has to be known, in paragraphs. */
  readonly notes?: string;
  /** Command lines, each with what it does if that is not plain. */
  readonly examples: readonly string[];
  /** Gives the exit code. */
  readonly run: (given: Given) => Promise<number> | number;
}

/** A command, whatever it is given. */
export interface AnyCommand {
  readonly name: string;
  /** Adds it to a program; `onEnd` hears the exit code. */
  readonly addTo: (program: Command, onEnd: (code: number) => void) => void;
}

export function defineCommand<Given extends object>(
  definition: CommandDefinition<Given>,
): AnyCommand {
  return { name: definition.name, addTo: (program, onEnd) => add(definition, program, onEnd) };
}

function add<Given extends object>(
  { name, about, given, notes, examples, run }: CommandDefinition<Given>,
  program: Command,
  onEnd: (code: number) => void,
): void {
  const command = program.command(name).description(about);
  // One that is read and not used: picocolors looks for it by itself.
  command.addOption(new Option('--no-color', 'leave out colours, as NO_COLOR does'));
  const readers: ((given: Map<string, unknown>, positional: readonly unknown[]) => void)[] = [];
  const all = Object.entries(given) as [string, Definition<unknown>][];
  let places = 0;
  for (const [key, one] of all) {
    if (one.kind === 'argument') {
      const place = places++;
      command.addArgument(argumentOf(one));
      const { read } = one;
      readers.push((into, positional) => into.set(key, wordsMeant(positional[place], read)));
    } else {
      const option = optionOf(one);
      command.addOption(option);
      readers.push((into) => into.set(key, meaningOf(one, command.opts()[option.attributeName()])));
    }
  }
  const paragraphs = notes === undefined ? '' : `\n${notes}\n`;
  const lines = examples.map((line) => `  heddle ${line}`).join('\n');
  command.addHelpText('after', `${paragraphs}\nExamples:\n${lines}\n\n${EXIT_HELP}`);
  command.action(async (...positional: unknown[]) => {
    const values = new Map<string, unknown>();
    for (const read of readers) read(values, positional);
    onEnd(await run(Object.fromEntries(values) as Given));
  });
}

function wordsMeant(given: unknown, read: ((word: string) => string) | undefined): unknown {
  if (read === undefined || given === undefined) return given;
  return Array.isArray(given) ? given.map((word: string) => read(word)) : read(given as string);
}

function argumentOf({ name, about, fallback }: ArgumentDefinition<unknown>): Argument {
  const argument = new Argument(name, about);
  return fallback === undefined ? argument : argument.default(fallback);
}

function optionOf(one: OptionDefinition<unknown>): Option {
  const option = new Option(one.flags, one.about);
  const { choices, read, fallback, variable } = one;
  if (choices !== undefined) {
    const words = Object.keys(choices);
    option.choices(words);
    const word = words.find((each) => choices[each] === fallback);
    if (word !== undefined) option.default(word);
  } else if (fallback !== undefined && fallback !== false) {
    option.default(fallback, one.fallbackText);
  }
  if (read !== undefined) option.argParser(read);
  // What is empty is not set: CI systems write that for what is missing.
  if (variable !== undefined && process.env[variable] !== '') option.env(variable);
  return option;
}

function meaningOf({ choices, fallback }: OptionDefinition<unknown>, value: unknown): unknown {
  return value === undefined ? fallback : (choices?.[value as string] ?? value);
}

export function argument<T extends string | readonly string[]>(
  name: string,
  about: string,
  fallback?: T,
): ArgumentDefinition<T> {
  return { kind: 'argument', name, about, ...(fallback === undefined ? {} : { fallback }) };
}

/** One that is there or not; `--no-open` is true unless it is there. */
export function flag(flags: string, about: string): OptionDefinition<boolean> {
  return { kind: 'option', flags, about, fallback: flags.startsWith('--no-') };
}

/** One with a value that may be missing. */
export function option<T>(
  flags: string,
  about: string,
  read: (text: string) => T,
): OptionDefinition<T | undefined> {
  return { kind: 'option', flags, about, read, fallback: undefined };
}

/** One with a value that it has by itself, too. */
export function optionWith<T>(
  flags: string,
  about: string,
  read: (text: string) => T,
  fallback: T,
  fallbackText?: string,
): OptionDefinition<T> {
  const shown = fallbackText === undefined ? {} : { fallbackText };
  return { kind: 'option', flags, about, read, fallback, ...shown };
}

/** An option that the environment may say too. */
export function orVariable<T>(
  definition: OptionDefinition<T>,
  variable: string,
): OptionDefinition<T> {
  return { ...definition, variable };
}

/** One of a few words. */
export function choice<T>(
  flags: string,
  about: string,
  choices: Readonly<Record<string, T>>,
  fallback: T,
): OptionDefinition<T> {
  return { kind: 'option', flags, about, choices, fallback };
}
