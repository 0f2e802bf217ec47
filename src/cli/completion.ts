import { Command } from 'commander';
import { UsageError } from '../sys/errors.ts';
import { type AnyCommand, argument, defineCommand } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT } from './exit-codes.ts';
import { Output } from './output.ts';

interface CompletionCommand {
  readonly shell: string;
}

export const command: AnyCommand = defineCommand<CompletionCommand>({
  name: 'completion',
  about: 'print a script with which a shell completes commands and options',
  given: { shell: argument('<shell>', 'bash, zsh or fish') },
  examples: [
    'completion bash >> ~/.bashrc',
    'completion zsh > "${fpath[1]}/_heddle"',
    'completion fish > ~/.config/fish/completions/heddle.fish',
  ],
  run: completionCommand,
});

/** A command and what may follow it. */
interface Words {
  readonly name: string;
  readonly about: string;
  readonly options: readonly (readonly [flag: string, about: string])[];
}

async function completionCommand({ shell }: CompletionCommand): Promise<number> {
  const print = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (print === undefined) {
    throw new UsageError(
      `there is no script for ${shell}; there are: ${Object.keys(SHELLS).join(', ')}`,
    );
  }
  new Output(false).line(print(await allWords()));
  return EXIT.ok;
}

async function allWords(): Promise<Words[]> {
  const program = new Command('heddle');
  for (const load of Object.values(COMMANDS)) (await load()).command.addTo(program, () => {});
  return program.commands.map((one) => ({
    name: one.name(),
    about: one.description(),
    options: one.options.flatMap(({ long, description }) =>
      long == null ? [] : [[long, description] as const],
    ),
  }));
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const SHELLS: Readonly<Record<string, (all: readonly Words[]) => string>> = {
  bash: (all) => `_heddle() {
  local word=\${COMP_WORDS[COMP_CWORD]} words
  case \${COMP_WORDS[1]} in
${all.map(({ name, options }) => `    ${name}) words=${quoted(options.map(([flag]) => flag).join(' '))} ;;`).join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${quoted(all.map(({ name }) => name).join(' '))}
  elif [ "\${word#-}" = "$word" ]; then
    words=
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _heddle heddle`,
  zsh: (all) => `#compdef heddle
_heddle() {
  local -a commands=(
${all.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
${all.map(({ name, options }) => `    ${name}) _arguments '*:file:_files' ${options.map(([flag, about]) => quoted(`${flag}[${about.replaceAll(/[[\]]/g, '')}]`)).join(' ')} ;;`).join('\n')}
  esac
}
compdef _heddle heddle`,
  fish: (all) =>
    all
      .flatMap(({ name, about, options }) => [
        `complete -c heddle -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
        ...options.map(
          ([flag, text]) =>
            `complete -c heddle -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d ${quoted(text)}`,
        ),
      ])
      .join('\n'),
};
