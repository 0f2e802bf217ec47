import { basename, resolve } from 'node:path';
import type { Machine } from '../../sim/kernel/machine.ts';
import { type Command, commandsOf } from '../../sim/schedule/commands.ts';
import { ENOENT } from '../../sys/errno.ts';
import { wordsOf } from '../hosts-text.ts';
import type { SpawnAsked } from '../wire.ts';

/** A Node program on a command line. */
export interface NodeLine {
  /** Absolute path of the program. */
  readonly path: string;
  /** The program itself, where it stands on the command line. */
  readonly text: string | null;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
}

/** What it is that is to be started. */
export type Started =
  | { readonly is: 'node'; readonly line: NodeLine; readonly asked: SpawnAsked }
  | { readonly is: 'command'; readonly command: Command; readonly asked: SpawnAsked }
  | { readonly is: 'nothing'; readonly errno: number }
  | { readonly is: 'refused'; readonly why: string };

const SHELL = /^(?:\/bin\/|\/usr\/bin\/)?(?:sh|bash|dash)$/;
/** What is more than words to a shell, outside of single quotes. */
const SHELL_MORE = /[|&;<>()$`\\*?[\]{}~#!\n]/;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;
/** Exit code and words of a shell that finds no such command. */
const NOT_FOUND = 127;
/** Options of node's that change nothing of what a program does here. */
const PASSED_OVER =
  /^--(?:no-warnings|trace-warnings|no-deprecation|trace-deprecation|trace-uncaught|enable-source-maps|max-old-space-size=.*|max-semi-space-size=.*|stack-trace-limit=.*|experimental-(?:strip|transform)-types)$/;
/** Loaders of TypeScript: it is run here without them. */
const TYPESCRIPT = /^(?:tsx|ts-node|tsx\/.*|ts-node\/.*)$/;
const WITH_VALUE: ReadonlySet<string> = new Set(['-r', '--require', '--import', '--loader']);

/** What a program of that host starts when it asks for that. */
export function whatIsStarted(kernel: Machine, asked: SpawnAsked): Started {
  const { file, args } = asked;
  const commands = commandsOf(kernel);
  const command = commands.get(file) ?? commands.get(basename(file));
  if (command?.handler === null) return { is: 'nothing', errno: ENOENT };
  if (command !== undefined) return { is: 'command', command, asked };
  if (isNode(file)) return nodeOf(asked);
  if (SHELL.test(file) && args.length === 3 && args[1] === '-c') return shellOf(kernel, asked);
  return {
    is: 'refused',
    why: `${quoted(asked)} was to be started on ${kernel.host}, which is no Node program: nothing simulates it, and a real process would be outside of the simulation. ${standIn(kernel, basename(file))}`,
  };
}

const isNode = (file: string): boolean =>
  file === process.execPath || basename(file) === 'node' || basename(file) === 'node.exe';

function quoted({ args }: SpawnAsked): string {
  const line = args.map((arg) => (/^[^\s"']+$/.test(arg) ? arg : JSON.stringify(arg))).join(' ');
  return `\`${line}\``;
}

const standIn = ({ host }: Machine, name: string): string =>
  `Let the test answer in its place: world.host(${JSON.stringify(host)}).command(${JSON.stringify(name)}, ({ args }) => ({ stdout: '…', code: 0 })), or null instead of the function where it is not installed`;

// ---- a shell ----

/** A shell that is given one command of plain words becomes that command. */
function shellOf(kernel: Machine, asked: SpawnAsked): Started {
  const line = asked.args[2] as string;
  const open = line.replace(/'[^']*'/g, '');
  if (SHELL_MORE.test(open) || (open.match(/"/g) ?? []).length % 2 !== 0 || open.includes("'")) {
    return {
      is: 'refused',
      why: `the shell line ${JSON.stringify(line)} was to be run on ${kernel.host}: no shell is simulated, and only a line of one command with plain words and quotes is read as a shell reads it. Start the program without a shell (spawn, execFile), or ${lowerFirst(standIn(kernel, 'sh'))}`,
    };
  }
  const words = wordsOf(line);
  const env = { ...asked.env };
  for (let match = VARIABLE.exec(words[0] ?? ''); match !== null; ) {
    env[match[1] as string] = match[2] as string;
    words.shift();
    match = VARIABLE.exec(words[0] ?? '');
  }
  const [file = ''] = words;
  const started = whatIsStarted(kernel, { ...asked, file, args: words, env });
  if (started.is !== 'nothing') return started;
  const command: Command = {
    handler: () => ({ stderr: `sh: 1: ${file}: not found\n`, code: NOT_FOUND }),
    readsStdin: false,
  };
  return { is: 'command', command, asked };
}

const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;

// ---- node ----

/** How a command line of node's is read; see ProcessGlobalArgs in node's src/node.cc. */
function nodeOf(asked: SpawnAsked): Started {
  const { args, cwd } = asked;
  const execArgv: string[] = [];
  let at = 1;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === '--') {
      at++;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    if (arg === '-e' || arg === '--eval') {
      const [text = ''] = args.slice(at + 1);
      const argv = args.slice(args[at + 2] === '--' ? at + 3 : at + 2);
      const line = { path: resolve(cwd, '[eval]'), text, argv, execArgv: [...execArgv, arg, text] };
      return { is: 'node', line, asked };
    }
    const [option = '', inline] = arg.split('=', 2);
    const value = WITH_VALUE.has(option) ? (inline ?? args[++at] ?? '') : undefined;
    if (value === undefined ? !PASSED_OVER.test(arg) : !TYPESCRIPT.test(value)) {
      return refusedOption(asked, value === undefined ? arg : `${option} ${value}`);
    }
    execArgv.push(...args.slice(inline === undefined && value !== undefined ? at - 1 : at, at + 1));
  }
  const program = args[at];
  if (program === undefined || program === '-') {
    return {
      is: 'refused',
      why: `${quoted(asked)} was to be started, a Node without a program: what it would read from its input is not run here. Give it a file, or its text after -e`,
    };
  }
  const line = { path: resolve(cwd, program), text: null, argv: args.slice(at + 1), execArgv };
  return { is: 'node', line, asked };
}

function refusedOption(asked: SpawnAsked, option: string): Started {
  return {
    is: 'refused',
    why: `${quoted(asked)} was to be started with node's option ${option}, which is not simulated: start the program without it`,
  };
}
