#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ROOT } from '../root.ts';
import { Departure } from '../sim/schedule/departure.ts';
import { printable } from '../sim/trace/printable.ts';
import { InternalError, UsageError } from '../sys/errors.ts';
import { stackOf, tellable, thrownText } from '../sys/thrown.ts';
import type { AnyCommand } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { Output } from './output.ts';

/** That one names all the others. */
const ALL = { ...COMMANDS, completion: () => import('./completion.ts') };

const HELP = `
Examples:
  heddle fuzz                          your scenarios, in tests of this folder
  heddle demo                          heddle's own servers, as written and corrected
  heddle run --hosts server=./server.js,client=./client.js
  heddle explore threaded              every interleaving of two clients
  heddle replay .heddle/FILE.json      a failure that was found
  heddle view .heddle/FILE.json        the same as a picture
  heddle serve epoll-level --port 7000 the same server on real sockets

${EXIT_HELP}`;

const VERSION_FLAGS: readonly string[] = ['-V', '--version'];

/** The command line. Each command gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('heddle')
    .description(
      'Finds the order of events that breaks your server, and hands it to you as a test.',
    )
    .version(version(), VERSION_FLAGS.join(', '), 'print the version of heddle')
    // Picocolors looks for it by itself; each command takes it, too.
    .option('--no-color', 'leave out colours, as NO_COLOR does')
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(printable(text)) })
    .showHelpAfterError('(heddle --help lists the commands, heddle COMMAND --help their options)')
    .addHelpText('after', HELP);
  const named = argv.find((word) => !word.startsWith('-'));
  const asksVersion = named === undefined && argv.some((word) => VERSION_FLAGS.includes(word));
  for (const { addTo } of asksVersion ? [] : await commandsFor(named ?? '')) {
    addTo(program, (ended) => {
      code = ended;
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, new Output(isJson(argv)));
  }
}

/** Whether JSON was asked for, by whatever command. */
function isJson(argv: readonly string[]): boolean {
  return (
    argv.includes('--json') ||
    argv.includes('--reporter=json') ||
    argv[argv.indexOf('--reporter') + 1] === 'json'
  );
}

/** The command that is named; all of them where none is, for the help. */
async function commandsFor(name: string): Promise<AnyCommand[]> {
  const named = Object.hasOwn(ALL, name) ? (ALL as typeof COMMANDS)[name] : undefined;
  const all = named === undefined ? Object.values<(typeof COMMANDS)[string]>(ALL) : [named];
  const modules = await Promise.all(all.map((load) => load()));
  return modules.map(({ command }) => command);
}

/** As package.json says. */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', ROOT), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/**
 * Say what went wrong, and give the exit code for it. In JSON it is an object as well, so that
 * whoever reads that knows.
 */
function explain(thrown: unknown, out: Output): number {
  const error = tellable(thrown);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    const message = error.message.replace(/^error: /, '');
    out.object({ type: 'error', name: 'UsageError', message, exitCode: EXIT.usage });
    return EXIT.usage;
  }
  const { name, message } = error instanceof Error ? error : new InternalError(thrownText(error));
  if (error instanceof Departure) {
    out.error(`${name}: ${message}`);
    out.object({ type: 'departure', ...error.details, message, exitCode: EXIT.departure });
    return EXIT.departure;
  }
  if (error instanceof Error && (error as NodeJS.ErrnoException).syscall === 'uv_cwd') {
    return explain(new UsageError('the current folder has been deleted; change to another'), out);
  }
  if (error instanceof UsageError) {
    out.error(`heddle: ${message}`);
    out.object({ type: 'error', name, message, exitCode: EXIT.usage });
    return EXIT.usage;
  }
  const text = stackOf(error) ?? message;
  out.error(`${error instanceof InternalError ? '' : 'InternalError: '}${text}`);
  out.object({ type: 'error', name: 'InternalError', message, exitCode: EXIT.internal });
  return EXIT.internal;
}

let isUnsaid = false;
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // Whoever reads may stop reading (`heddle fuzz | head`): the work is done all the same, what is
  // found is saved, and the exit code tells of it.
  if (code === 'EPIPE' || isUnsaid) return;
  isUnsaid = true;
  process.stderr.write(
    `heddle: the output could not be written: ${message}; make room there, or write it elsewhere\n`,
  );
});
// Whoever cannot be told of an error has its exit code still.
process.stderr.on('error', () => {});
process.on('exit', () => {
  if (isUnsaid) process.exitCode = EXIT.usage;
});
process.exitCode = await main(process.argv.slice(2));
