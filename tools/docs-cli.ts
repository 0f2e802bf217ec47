/** docs/reference/cli.md, from what the commands themselves say. */
import { Command, type Option } from 'commander';
import { COMMANDS } from '../src/cli/commands.ts';
import { EXIT_HELP } from '../src/cli/exit-codes.ts';

/** What the machine decides has no number on a page. */
const BY_MACHINE: Readonly<Record<string, string>> = { '--workers': 'as many as there are cores' };
/** What every command takes is said once. */
const EVERYWHERE = new Set(['--no-color', '--help', '--json']);

export async function commandLinePage(): Promise<string> {
  const all = { ...COMMANDS, completion: () => import('../src/cli/completion.ts') };
  const program = new Command('heddle');
  for (const load of Object.values(all)) (await load()).command.addTo(program, () => {});
  const commands = [...program.commands];
  return `# The command line

Written by \`npm run docs\` from what the commands say of themselves: \`npx heddle COMMAND --help\` prints the same.

| command | |
|---|---|
${commands.map((one) => row(`[\`${one.name()}\`](#${one.name()})`, one.description())).join('\n')}

Every command takes \`--no-color\` (or the variable \`NO_COLOR\`) and \`--help\`; all but \`debug\` and \`completion\` take \`--json\`: one JSON object per line.
\`heddle --version\` prints the version.

## Exit codes

| code | |
|---|---|
${exitCodes().join('\n')}

${commands.map(section).join('\n\n')}
`;
}

function exitCodes(): string[] {
  return [...EXIT_HELP.matchAll(/^ +(\d+) +(.+)$/gm)].map(([, code, what]) =>
    row(code as string, what as string),
  );
}

function section(command: Command): string {
  const usage = command.registeredArguments
    .map((one) => {
      const name = `${one.name()}${one.variadic ? '...' : ''}`;
      return one.required ? `<${name}>` : `[${name}]`;
    })
    .join(' ');
  const { notes, examples } = afterHelp(command);
  return [
    `## ${command.name()}`,
    `\`heddle ${command.name()}${usage === '' ? '' : ` ${usage}`}\`: ${command.description()}.`,
    ...table(command),
    ...(notes === '' ? [] : [notes]),
    `\`\`\`sh\n${examples}\n\`\`\``,
  ].join('\n\n');
}

function table(command: Command): string[] {
  const rows = [
    ...command.registeredArguments.map((one) => row(`\`${one.name()}\``, one.description)),
    ...command.options
      .filter(({ long }) => !EVERYWHERE.has(long ?? ''))
      .map((option) => row(`\`${option.flags}\``, `${option.description}${extra(option)}`)),
  ];
  return rows.length === 0 ? [] : [`| | |\n|---|---|\n${rows.join('\n')}`];
}

function extra(option: Option): string {
  const { argChoices, defaultValue, defaultValueDescription, envVar } = option;
  const fallback =
    BY_MACHINE[option.long ?? ''] ??
    defaultValueDescription ??
    (typeof defaultValue === 'string' || typeof defaultValue === 'number' ? `${defaultValue}` : '');
  const said = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(fallback === '' ? [] : [`default: ${fallback}`]),
    ...(envVar === undefined ? [] : [`environment: \`${envVar}\``]),
  ];
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}

/** What the help says after the options: notes as paragraphs, and command lines. */
function afterHelp(command: Command): { notes: string; examples: string } {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  const after = text.slice(command.helpInformation().length);
  const [notes = '', rest = ''] = after.split(/^Examples:$/m);
  const [examples = ''] = rest.split(/^Exit codes:$/m);
  return {
    notes: notes.trim().split('\n').filter(Boolean).map(escaped).join('\n\n'),
    examples: examples.replace(/^ {2}/gm, '').trim(),
  };
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => escaped(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Markdown takes what stands in pointed brackets for HTML, but in code. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
    .join('');
}
