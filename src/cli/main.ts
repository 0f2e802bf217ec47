#!/usr/bin/env node
import { availableParallelism } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import type { Variant } from '../scenarios/index.ts';
import { CLIENTS_MAX, MESSAGES_MAX } from '../scenarios/sizes.ts';
import { Departure } from '../sim/schedule/departure.ts';
import { InternalError, UsageError } from '../sys/errors.ts';
import {
  isScenarioFile,
  parseBound,
  parseCount,
  parseCountUpTo,
  parsePort,
  parseSeed,
  parseTime,
} from './arguments.ts';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { FORMAT_NAMES, type FormatName } from './format-names.ts';
import type { FuzzFilesCommand } from './fuzz-files.ts';
import { Output } from './output.ts';

/** More than fuzzing spends: whoever asks for it has the time. */
const SHRINK_REPLAYS = 10_000;

interface FuzzFlags {
  readonly runs?: number;
  readonly time?: number;
  readonly seed: number;
  readonly strategy: string;
  readonly variant?: 'as-written' | 'corrected';
  readonly workers: number;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** The command line. Each command gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const strategies = await strategyNames(argv);
  const program = new Command('heddle')
    .description(
      'Finds the order of events that breaks your server, and hands it to you as a test.',
    )
    .exitOverride()
    .showHelpAfterError('(heddle --help lists the commands, heddle COMMAND --help their options)')
    .addHelpText(
      'after',
      `
Examples:
  heddle fuzz                          all models, as written and corrected
  heddle fuzz threaded --runs 20000    one of them, longer
  heddle explore threaded              every interleaving of two clients
  heddle replay .heddle/FILE.json      a failure that was found
  heddle view .heddle/FILE.json        the same as a picture
  heddle serve epoll-level --port 7000 the same server on real sockets

${EXIT_HELP}`,
    );
  program
    .command('models')
    .description('list the built-in server programs and what is known to be wrong with them')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  heddle models
  heddle models --json | jq -r .id

${EXIT_HELP}`,
    )
    .action(async (options: { json?: boolean }) => {
      const { modelsCommand } = await import('./models.ts');
      code = modelsCommand(options.json === true);
    });
  program
    .command('fuzz')
    .description(
      'run models under random schedules and faults; save, shrink and report what breaks',
    )
    .argument(
      '[what...]',
      'models, or files with scenarios of your own; all models when none is named',
    )
    .option(
      '--runs <n>',
      'runs a scenario (default: 1,000, or until the known faults are found)',
      parseCount,
    )
    .option('--time <t>', 'stop after this time, as 30s or 2m', parseTime)
    .option('--seed <s>', 'seed of the strategy', parseSeed, 1)
    .option('--strategy <name>', `who decides: ${strategies.join(', ')}`, 'random')
    .addOption(
      new Option('--variant <v>', 'only this variant').choices(['as-written', 'corrected']),
    )
    .option(
      '--workers <n>',
      'processes to spread the runs over; what is found does not depend on it',
      parseCount,
      availableParallelism(),
    )
    .option('--verbose', 'print the report of every failure')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Saved failures (.heddle/) of a scenario are replayed first.
A model as written is fuzzed until all its known faults have shown; a corrected one has to survive.

Examples:
  heddle fuzz
  heddle fuzz sequential threaded --seed 7
  heddle fuzz epoll-level --runs 20000 --json
  heddle fuzz test/server.test.ts --time 30s

${EXIT_HELP}`,
    )
    .action(async (what: string[], options: FuzzFlags) => {
      const files = what.filter(isScenarioFile);
      if (files.length > 0) {
        const { fuzzFilesCommand } = await import('./fuzz-files.ts');
        code = await fuzzFilesCommand(filesCommand(files, what, options));
        return;
      }
      const { fuzzCommand } = await import('./fuzz.ts');
      code = await fuzzCommand({
        models: what,
        runs: options.runs,
        timeMs: options.time,
        seed: options.seed,
        strategy: options.strategy,
        variant: options.variant === 'as-written' ? 'asWritten' : options.variant,
        workers: options.workers,
        json: options.json === true,
        verbose: options.verbose === true,
      });
    });
  program
    .command('run')
    .description(
      'run your own Node programs, unmodified, on simulated hosts under random schedules',
    )
    .requiredOption(
      '--hosts <list>',
      'hosts and their programs: server=./server.js,client=./load.js; each with arguments if it has any',
    )
    .option('--runs <n>', 'runs at the most (default: 100)', parseCount)
    .option('--time <t>', 'stop after this time, as 30s or 2m', parseTime)
    .option('--seed <s>', 'seed of the strategy', parseSeed, 1)
    .option('--strategy <name>', `who decides: ${strategies.join(', ')}`, 'random')
    .option('--latency <ms>', 'how long bytes travel, as 5 or 1-20', '0')
    .option('--splits', 'let what was written at once arrive in pieces')
    .option('--faults <list>', 'what may go wrong: crash, partition, reset, stall, drop, …')
    .option(
      '--workers <n>',
      'processes to work in; what is found does not depend on it',
      parseCount,
      availableParallelism(),
    )
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
The first program is started at once, the others when somebody listens. Hosts reach each other by their names, as in http://server:8080.
A run fails if a program dies of an error that nobody handles, waits for ever, or exits with another code than 0.

Examples:
  heddle run --hosts server=./server.js,client=./load.js --runs 500
  heddle run --hosts "server=./server.js,client=./load.js --clients 3" --latency 1-20
  heddle run --hosts server=./server.js,client=./client.js --faults crash,partition

${EXIT_HELP}`,
    )
    .action(
      async (options: {
        hosts: string;
        runs?: number;
        time?: number;
        seed: number;
        strategy: string;
        latency: string;
        splits?: boolean;
        faults?: string;
        workers: number;
        json?: boolean;
      }) => {
        const { runCommand } = await import('./run.ts');
        code = await runCommand({
          ...options,
          runs: options.runs,
          timeMs: options.time,
          splits: options.splits === true,
          faults: options.faults,
          json: options.json === true,
        });
      },
    );
  program
    .command('explore')
    .description(
      'run every class of interleavings of small worlds, once each, and say when there is no other',
    )
    .argument(
      '[what...]',
      'models, or files with scenarios of your own; all models when none is named',
    )
    .addOption(
      new Option('--variant <v>', 'which variant of the models')
        .choices(['as-written', 'corrected'])
        .default('corrected'),
    )
    .option('--clients <n>', 'clients of a model', parseCountUpTo(CLIENTS_MAX), 2)
    .option('--messages <n>', 'messages of each client', parseCountUpTo(MESSAGES_MAX), 1)
    .addOption(
      new Option(
        '--network <mode>',
        'between a model and its clients: what is sent arrives at once, or as a step of its own',
      )
        .choices(['loopback', 'adversarial'])
        .default('loopback'),
    )
    .option('--preemptions <n>', 'only runs with at most so many preemptions', parseBound)
    .option('--faults <n>', 'faults that may fire in a run', parseBound, 0)
    .addOption(
      new Option(
        '--memory <what>',
        'what threads of a process share: what says so (cells, mutexes, locks), or every variable',
      )
        .choices(['cells', 'process'])
        .default('cells'),
    )
    .option('--runs <n>', 'runs a scenario, at the most', parseCount, 100_000)
    .option('--time <t>', 'time a scenario, at the most, as 30s or 2m', parseTime)
    .option(
      '--interleavings',
      'count the plain interleavings too, over the full graph of states, and compare the outcomes',
    )
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Runs that differ only in the order of steps that do not touch the same thing are of one class: one of them is run.
A bound on faults leaves the search complete within it; so does one on preemptions, at the price of less reduction.
The first failure ends the search of a scenario; it is shrunk, saved and reported as by heddle fuzz.

Examples:
  heddle explore threaded select-queues epoll-level --messages 2 --interleavings
  heddle explore sequential --variant as-written
  heddle explore epoll-level --network adversarial --preemptions 1
  heddle explore test/server.test.ts --time 30s

${EXIT_HELP}`,
    )
    .action(
      async (
        what: string[],
        options: {
          variant: 'as-written' | 'corrected';
          clients: number;
          messages: number;
          network: 'loopback' | 'adversarial';
          preemptions?: number;
          faults: number;
          memory: 'cells' | 'process';
          runs: number;
          time?: number;
          interleavings?: boolean;
          json?: boolean;
        },
      ) => {
        const { clients, messages, network } = options;
        const { exploreCommand } = await import('./explore.ts');
        code = await exploreCommand({
          what,
          variant: options.variant === 'as-written' ? 'asWritten' : 'corrected',
          size: { clients, messages, network },
          preemptionsMax: options.preemptions,
          faultsMax: options.faults,
          runs: options.runs,
          timeMs: options.time,
          interleavings: options.interleavings === true,
          processMemory: options.memory === 'process',
          json: options.json === true,
        });
      },
    );
  program
    .command('replay')
    .description('run a recorded schedule again and report what it shows')
    .argument('<file-or-schedule>', 'a failure file under .heddle/, or a schedule as text (h1:…)')
    .option('--model <id>', 'refuse a schedule of any other model')
    .option('--file <path>', 'the file that defines the scenario, if not the one that was noted')
    .option('--by-name', 'follow the names of tasks and syscalls instead of places (needs a file)')
    .option('--until <step>', 'go no further than this step, and say how things stand', parseCount)
    .option('--break <step>', 'stop in a debugger where this step stands in your code', parseCount)
    .option('--inspect-port <p>', 'port for that debugger; 0 takes a free one', parsePort, 9229)
    .option('--times <n>', 'replay this often and compare the digests', parseCount, 1)
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  heddle replay .heddle/FILE.json
  heddle replay .heddle/FILE.json --times 100
  heddle replay .heddle/FILE.json --until 12
  heddle replay .heddle/FILE.json --break 12
  heddle replay h1:… --file test/server.test.ts

${EXIT_HELP}`,
    )
    .action(
      async (
        what: string,
        options: {
          model?: string;
          file?: string;
          byName?: boolean;
          until?: number;
          break?: number;
          inspectPort: number;
          times: number;
          json?: boolean;
        },
      ) => {
        const { replayCommand } = await import('./replay.ts');
        code = await replayCommand({
          what,
          model: options.model,
          file: options.file,
          byName: options.byName === true,
          times: options.times,
          until: options.until,
          breakAt: options.break,
          inspectPort: options.inspectPort,
          json: options.json === true,
        });
      },
    );
  program
    .command('shrink')
    .description('reduce a saved failure further, and write it back')
    .argument('<file>', 'a failure file under .heddle/')
    .option('--replays <n>', 'replays to spend at the most', parseCount, SHRINK_REPLAYS)
    .option('--file <path>', 'the file that defines the scenario, if not the one that was noted')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  heddle shrink .heddle/FILE.json
  heddle shrink .heddle/FILE.json --replays 50000

${EXIT_HELP}`,
    )
    .action(async (path: string, options: { replays: number; file?: string; json?: boolean }) => {
      const { shrinkCommand } = await import('./shrink.ts');
      code = await shrinkCommand({
        path,
        file: options.file,
        replaysMax: options.replays,
        json: options.json === true,
      });
    });
  program
    .command('diff')
    .description('where two runs of one scenario part, side by side')
    .argument('<run>', 'a failure file under .heddle/, or a schedule as text (h1:…)')
    .argument(
      '[other]',
      'the same, or: calm (no decision at all), nearest (that passes)',
      'nearest',
    )
    .option('--rows <n>', 'rows to print at the most', parseCount, 24)
    .option('--file <path>', 'the file that defines the scenario, if not the one that was noted')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  heddle diff .heddle/FILE.json              against the nearest run that passes
  heddle diff .heddle/FILE.json calm         against the calm run
  heddle diff .heddle/A.json .heddle/B.json  two failures of one scenario

Ends with 0 when the two do the same, with 1 when they part.

${EXIT_HELP}`,
    )
    .action(
      async (
        here: string,
        there: string,
        options: { rows: number; file?: string; json?: boolean },
      ) => {
        const { diffCommand } = await import('./diff.ts');
        code = await diffCommand({
          here,
          there,
          file: options.file,
          rowsMax: options.rows,
          json: options.json === true,
        });
      },
    );
  program
    .command('view')
    .description('draw a run as one HTML file that needs no network, and open it')
    .argument('[run...]', 'a failure file, a schedule as text (h1:…), or a model for its calm run')
    .option('--compare', 'the same visit to several servers, side by side')
    .addOption(variantOption())
    .option('--file <path>', 'the file that defines the scenario, if not the one that was noted')
    .option('--out <file>', 'where to write the page (default: under .heddle/view/)')
    .option('--no-open', 'write it and do not open it')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  heddle view .heddle/FILE.json
  heddle view epoll-level
  heddle view --compare
  heddle view --compare threaded poll gevent --out three.html --no-open

${EXIT_HELP}`,
    )
    .action(
      async (
        what: string[],
        options: {
          compare?: boolean;
          variant: VariantName;
          file?: string;
          out?: string;
          open: boolean;
          json?: boolean;
        },
      ) => {
        const { viewCommand } = await import('./view.ts');
        code = await viewCommand({
          what,
          compare: options.compare === true,
          variant: variantOf(options.variant),
          file: options.file,
          out: options.out,
          open: options.open,
          json: options.json === true,
        });
      },
    );
  program
    .command('show')
    .description('print the trace of a run, as text or in the language of another tool')
    .argument('<run>', 'a failure file, a schedule as text (h1:…), or a model for its calm run')
    .addOption(
      new Option('--as <format>', 'how to show it').choices([...FORMAT_NAMES]).default('text'),
    )
    .addOption(variantOption())
    .option('--file <path>', 'the file that defines the scenario, if not the one that was noted')
    .option('--out <file>', 'write it there instead of to standard output')
    .option('--json', 'the same as --as json')
    .addHelpText(
      'after',
      `
Formats:
  text      a table, one step a line
  json      JSON Lines: the run, its tasks, each step with decisions, causes and changes of state
  mermaid   a sequence diagram, to be pasted into an issue
  shiviz    a log with vector clocks, for https://bestchai.bitbucket.io/shiviz
  perfetto  a trace for https://ui.perfetto.dev
  pcapng    the packets, for Wireshark and tshark

Examples:
  heddle show .heddle/FILE.json
  heddle show .heddle/FILE.json --as mermaid
  heddle show .heddle/FILE.json --as pcapng | tshark -r -
  heddle show epoll-level --as perfetto --out epoll.json

${EXIT_HELP}`,
    )
    .action(
      async (
        what: string,
        options: {
          as: FormatName;
          variant: VariantName;
          file?: string;
          out?: string;
          json?: boolean;
        },
      ) => {
        const { showCommand } = await import('./show.ts');
        code = await showCommand({
          what,
          format: options.json === true ? 'json' : options.as,
          variant: variantOf(options.variant),
          file: options.file,
          out: options.out,
        });
      },
    );
  program
    .command('serve')
    .description('run a model on real sockets, until Ctrl-C')
    .argument('<model>', 'the model to serve')
    .option('--port <p>', 'port to listen on; 0 takes a free one', parsePort, 7000)
    .option('--host <address>', 'address to listen on; 0.0.0.0 is every interface', '127.0.0.1')
    .option('--as-written', 'the variant with its faults (default: corrected)')
    .addOption(
      new Option('--sockets <kind>', "Node's sockets under heddle's kernel, or Linux's own")
        .choices(['node', 'linux'])
        .default('node'),
    )
    .option('--quiet', 'leave out what the model prints')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  heddle serve epoll-level --port 7000
  heddle serve threaded --port 7000 --sockets linux

${EXIT_HELP}`,
    )
    .action(
      async (
        model: string,
        options: {
          port: number;
          host: string;
          asWritten?: boolean;
          sockets: 'node' | 'linux';
          quiet?: boolean;
          json?: boolean;
        },
      ) => {
        const { serveCommand } = await import('./serve.ts');
        code = await serveCommand({
          model,
          port: options.port,
          host: options.host,
          variant: options.asWritten === true ? 'asWritten' : 'corrected',
          sockets: options.sockets,
          quiet: options.quiet === true,
          json: options.json === true,
        });
      },
    );
  program
    .command('conform')
    .description(
      'do generated programs of syscalls on the simulated kernel and on Linux, and compare',
    )
    .option('--runs <n>', 'programs to try', parseCount, 1000)
    .option('--seed <s>', 'seed of the generator', parseSeed, 1)
    .option('--program <file>', 'do this program instead, as it was saved')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Needs Linux and the optional package koffi.

Examples:
  heddle conform --runs 20000
  heddle conform --program .heddle/conform/FILE.json

${EXIT_HELP}`,
    )
    .action(async (options: { runs: number; seed: number; program?: string; json?: boolean }) => {
      const { conformCommand } = await import('./conform.ts');
      code = await conformCommand({
        runs: options.runs,
        seed: options.seed,
        program: options.program,
        json: options.json === true,
      });
    });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, new Output(argv.includes('--json')));
  }
}

/**
 * Those who decide, for the help of the commands that load them anyway: the others start sooner
 * without.
 */
async function strategyNames(argv: readonly string[]): Promise<readonly string[]> {
  if (!argv.some((argument) => argument === 'fuzz' || argument === 'run')) return [];
  return (await import('../sim/schedule/strategies/index.ts')).STRATEGY_NAMES;
}

/** Files and models are not fuzzed in one go: models are held against what is known of them. */
function filesCommand(
  files: readonly string[],
  what: readonly string[],
  { runs, time, seed, strategy, workers, variant, json }: FuzzFlags,
): FuzzFilesCommand {
  const others = what.filter((argument) => !isScenarioFile(argument));
  if (others.length > 0) {
    throw new UsageError(`fuzz either models (${others.join(', ')}) or files, not both in one go`);
  }
  if (variant !== undefined) throw new UsageError('--variant is for models: a file has none');
  return { files, runs, timeMs: time, seed, strategy, workers, json: json === true };
}

type VariantName = 'as-written' | 'corrected';

/** Which variant of a model. */
function variantOption(): Option {
  return new Option('--variant <v>', 'of a model, this variant')
    .choices(['as-written', 'corrected'] satisfies VariantName[])
    .default('corrected');
}

function variantOf(name: VariantName): Variant {
  return name === 'as-written' ? 'asWritten' : name;
}

/**
 * Say what went wrong, and give the exit code for it. In JSON it is an object as well, so that
 * whoever reads that knows.
 */
function explain(error: unknown, out: Output): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    const message = error.message.replace(/^error: /, '');
    out.object({ type: 'error', name: 'UsageError', message, exitCode: EXIT.usage });
    return EXIT.usage;
  }
  const { name, message } = error instanceof Error ? error : new InternalError(String(error));
  if (error instanceof Departure) {
    process.stderr.write(`${name}: ${message}\n`);
    out.object({ type: 'departure', ...error.details, message, exitCode: EXIT.departure });
    return EXIT.departure;
  }
  if (error instanceof UsageError) {
    process.stderr.write(`heddle: ${message}\n`);
    out.object({ type: 'error', name, message, exitCode: EXIT.usage });
    return EXIT.usage;
  }
  const text = error instanceof Error ? (error.stack ?? message) : String(error);
  process.stderr.write(`${error instanceof InternalError ? '' : 'InternalError: '}${text}\n`);
  out.object({ type: 'error', name: 'InternalError', message, exitCode: EXIT.internal });
  return EXIT.internal;
}

// Whoever reads may stop reading (`heddle fuzz | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await main(process.argv.slice(2));
