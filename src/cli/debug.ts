import { createServer, type Server, type Socket } from 'node:net';
import { basename } from 'node:path';
import { isScheduleText } from '../sim/schedule/text.ts';
import { HEDDLE, shellWord } from '../sim/trace/invocation.ts';
import { UsageError } from '../sys/errors.ts';
import { parsePort } from './arguments.ts';
import { type AnyCommand, defineCommand, flag, option } from './command.ts';
import { Adapter, type DebugDefaults } from './debug/adapter.ts';
import { checkDebuggable } from './debug/debuggable.ts';
import { MessageStream } from './debug/framing.ts';
import { EXIT } from './exit-codes.ts';
import { runArgument } from './latest.ts';
import { FILE, TRUST } from './options.ts';
import { Output } from './output.ts';

interface DebugCommand extends DebugDefaults {
  /** Listen there instead of standard input and output. */
  readonly port: number | undefined;
  /** Only print what an editor has to be told. */
  readonly launchJson: boolean;
}

export const command: AnyCommand = defineCommand<DebugCommand>({
  name: 'debug',
  about: 'a debug adapter for your editor over a failure: steps go forwards and back',
  given: {
    what: runArgument(
      '[file-or-schedule]',
      'a failure file under .heddle/, or a schedule as text (h1:…)',
    ),
    file: FILE,
    trust: TRUST,
    port: option(
      '--port <p>',
      'listen on this port of the loopback instead; 0 takes a free one',
      parsePort,
    ),
    launchJson: flag('--launch-json', 'print the entry for launch.json of VS Code'),
  },
  notes: `It speaks the Debug Adapter Protocol. A step is a syscall of a task. Next goes to the next one of this task, step in to the next of any task, step out to the next of another task, and step back to the previous one (the run is repeated up to there). A launch may say "program" (the failure file), "step", "stopOnEntry", "file", "trust" and "cwd".

VS Code: heddle debug FILE --launch-json prints the entry and the command that serves it. Neovim (nvim-dap): dap.adapters.heddle = { type = 'executable', command = 'npx', args = { 'heddle', 'debug' } }, and a configuration { type = 'heddle', request = 'launch', name = 'heddle', program = '.heddle/FILE.json' }. Other editors: the same command as an adapter over standard input and output.`,
  examples: [
    'debug .heddle/FILE.json',
    'debug .heddle/FILE.json --port 4711',
    'debug .heddle/FILE.json --launch-json',
  ],
  run: debugCommand,
});

/** What debug adapters are served on by custom. */
const PORT = 4711;

/** `heddle debug`: serve a failure to a debugger. */
async function debugCommand(command: DebugCommand): Promise<number> {
  const { what, port } = command;
  const out = new Output(false);
  if (what !== undefined) checkDebuggable(what);
  if (command.launchJson) {
    printLaunch(command, out);
    return EXIT.ok;
  }
  if (port !== undefined) return serve(command, port, out);
  if (process.stdin.isTTY) {
    out.warn(
      `this is for an editor, not for a terminal: ${HEDDLE} debug --help says how to set it up`,
    );
  }
  return new Promise((resolve) => {
    const stream = new MessageStream(process.stdin, process.stdout);
    new Adapter(stream, command, () => {
      // Somebody may still hold the other end open.
      process.stdin.destroy();
      resolve(EXIT.ok);
    });
  });
}

/** For each who connects a session of its own, until Ctrl-C. */
function serve(command: DebugCommand, port: number, out: Output): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const stream = new MessageStream(socket, socket);
    new Adapter(stream, command, () => socket.destroySoon());
  });
  return new Promise((resolve, reject) => {
    server.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'it is in use' : message;
      reject(
        new UsageError(`port ${port} cannot be had: ${why}; choose another with --port, or 0`),
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const { port: taken } = server.address() as { port: number };
      out.error(`a debugger may connect to 127.0.0.1:${taken}; Ctrl-C ends it`);
    });
    process.once('SIGINT', () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      resolve(EXIT.interrupted);
    });
  });
}

function printLaunch({ what, port = PORT, file, trust }: DebugCommand, out: Output): void {
  if (what === undefined) {
    throw new UsageError(`launch what? Name the failure file: ${HEDDLE} debug FILE --launch-json`);
  }
  const flags = `${file === undefined ? '' : ` --file ${shellWord(file)}`}${trust ? ' --trust' : ''}`;
  const entry = {
    name: `heddle ${isScheduleText(what) ? what.slice(0, 20) : basename(what, '.json')}`,
    type: 'node',
    request: 'launch',
    program: what,
    debugServer: port,
    stopOnEntry: true,
  };
  out.line(JSON.stringify(entry, null, 2));
  out.error(
    `put this into "configurations" of .vscode/launch.json, and leave this running while you debug:\n  ${HEDDLE} debug ${shellWord(what)}${flags} --port ${port}`,
  );
}
