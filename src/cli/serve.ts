import { isIPv4 } from 'node:net';
import { modelNamed } from '../models/catalogue.ts';
import type { Model } from '../models/model.ts';
import { runOnLinux } from '../real/linux/index.ts';
import { runOnNode } from '../real/node/index.ts';
import { type Variant, variantText } from '../scenarios/index.ts';
import { Console } from '../sim/kernel/console.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';
import { SysError } from '../sys/index.ts';
import { parsePort } from './arguments.ts';
import { type AnyCommand, argument, choice, defineCommand, flag, optionWith } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { checkModel } from './model-ids.ts';
import { JSON_LINES, VARIANT } from './options.ts';
import { Output } from './output.ts';

interface ServeCommand {
  readonly model: string;
  readonly port: number;
  /** The IPv4 address of this machine to listen on; 0.0.0.0 is every interface. */
  readonly host: string;
  readonly variant: Variant;
  /** Whose sockets: Node's, under heddle's kernel, or Linux's own through libc. */
  readonly sockets: 'node' | 'linux';
  /** Leave out what the model prints. */
  readonly quiet: boolean;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<ServeCommand>({
  name: 'serve',
  about: 'run a model on real sockets, until Ctrl-C',
  given: {
    model: argument('<model>', 'the model to serve'),
    port: optionWith('--port <p>', 'port to listen on; 0 takes a free one', parsePort, 7000),
    host: optionWith(
      '--host <address>',
      'address to listen on; 0.0.0.0 is every interface',
      String,
      '127.0.0.1',
    ),
    variant: VARIANT,
    sockets: choice(
      '--sockets <kind>',
      "Node's sockets under heddle's kernel, or Linux's own",
      { node: 'node', linux: 'linux' },
      'node',
    ),
    quiet: flag('--quiet', 'leave out what the model prints'),
    json: JSON_LINES,
  },
  examples: ['serve epoll-level --port 7000', 'serve threaded --port 7000 --sockets linux'],
  run: serveCommand,
});

/** `heddle serve`: a model on real sockets, until Ctrl-C. */
async function serveCommand(command: ServeCommand): Promise<number> {
  checkModel(command.model);
  const { host } = command;
  if (!isIPv4(host)) {
    throw new UsageError(
      `--host takes an IPv4 address of this machine, such as 127.0.0.1, or 0.0.0.0 for every interface; "${host}" is none`,
    );
  }
  const model = modelNamed(command.model) as Model;
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const out = new Output(command.json);
  const say = (text: string): void => out.error(text);
  const served = serving(model, command, out, (port) => {
    const { variant, sockets } = command;
    out.object({
      type: 'listening',
      model: model.id,
      variant: variantText(variant),
      host,
      port,
      sockets,
    });
    say(
      `${model.id} (${variantText(command.variant)}) listens on ${host}:${port}, ${WHOSE[command.sockets]}; Ctrl-C ends it`,
    );
  });
  const options = { mapPorts: false, address: host, untilAborted: true, signal: stop.signal };
  try {
    const { failure } =
      command.sockets === 'linux'
        ? await runOnLinux(served, options)
        : await runOnNode(served, options);
    if (failure === undefined) {
      say('stopped');
      out.object({ type: 'end', failure: null, exitCode: EXIT.ok });
      return EXIT.ok;
    }
    explainEnd(failure, command, out);
    const { kind, law, message } = failure;
    out.object({ type: 'end', failure: { kind, law, message }, exitCode: EXIT.failure });
    return EXIT.failure;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

const WHOSE = {
  node: "on Node's sockets under heddle's kernel",
  linux: "on Linux's own sockets",
} as const;

/** A world with a server and nobody else. */
function serving(
  model: Model,
  command: ServeCommand,
  out: Output,
  onListen: (port: number) => void,
): Scenario {
  return scenario(
    `serve ${model.id}`,
    (world) => {
      const home = world.process('server');
      home.spawn('server', (sys) => model[command.variant](sys, { port: command.port }), {
        daemon: true,
      });
      const console = home.process.console;
      if (console instanceof Console) {
        // A character may come in two writes.
        const decoder = new TextDecoder();
        console.onWrite = (bytes) => {
          if (!command.quiet) out.said(decoder.decode(bytes, { stream: true }));
        };
      }
      world.onListening(onListen);
    },
    { stepsMax: Number.POSITIVE_INFINITY },
  );
}

/** A server that cannot have its port is not a failure of the server. */
function explainEnd(failure: Failure, { host, port }: ServeCommand, out: Output): void {
  const { error } = failure;
  if (error instanceof SysError && error.code === 'EADDRINUSE') {
    throw new UsageError(`port ${port} is in use; choose another with --port, or 0 for a free one`);
  }
  if (error instanceof SysError && error.code === 'EACCES') {
    throw new UsageError(
      `port ${port} may not be used by this user; choose one above 1023 with --port`,
    );
  }
  if (error instanceof SysError && error.code === 'EADDRNOTAVAIL') {
    throw new UsageError(`this machine has no address ${host}; choose another with --host`);
  }
  out.error(`the server ended: ${failure.message}`);
}
