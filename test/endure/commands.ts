import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/sim/schedule/random.ts';
import { printable } from '../../src/sim/trace/printable.ts';
import { mutated } from './mutated.ts';
import { type Part, Tally } from './part.ts';
import { wholeFailure } from './whole-failure.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** Passed, found, wrong use, departed: whatever else a command ends with is a mistake of ours. */
const EXIT_CODES: readonly (number | null)[] = [0, 1, 2, 3];
const COMMANDS = [['replay'], ['show'], ['show', '--as', 'mermaid'], ['diff'], ['shrink']] as const;
/** On any machine; a command that takes longer hangs. */
const COMMAND_MS_MAX = 180_000;

interface Said {
  readonly code: number | null;
  readonly text: string;
}

function run(args: readonly string[], cwd: string): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN, ...args], {
      cwd,
      timeout: COMMAND_MS_MAX,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    child.stderr.on('data', (chunk) => (text += String(chunk)));
    child.on('close', (code) => resolve({ code, text }));
  });
}

/** A project with one saved failure, and programs that must never run, beside it and in it. */
async function project(folder: string) {
  const [inside, outside] = [join(folder, 'project'), join(folder, 'outside')];
  mkdirSync(inside);
  mkdirSync(outside);
  const marker = join(outside, 'it-ran');
  const evil = join(outside, 'evil.mjs');
  writeFileSync(evil, `import fs from 'node:fs'; fs.writeFileSync(${JSON.stringify(marker)}, '');`);
  writeFileSync(join(inside, 'package.json'), '{}');
  const text = await wholeFailure(join(inside, '.heddle'));
  return { inside, marker, evil, text };
}

/** A file that somebody else has written: something is wrong in it, or it asks for more. */
function foreign(text: string, evil: string, random: Random): string {
  const file = JSON.parse(text) as { scenario: Record<string, unknown> };
  const obeyed = '\u001b]0;t\u0007\u009b2J\u202e';
  const asks = [
    () => Object.assign(file.scenario, { name: 'evil', file: evil }),
    () => Object.assign(file.scenario, { name: 'evil', file: '../outside/evil.mjs' }),
    () => Object.assign(file.scenario, { name: `hosts s=${evil}`, file: null }),
    () => Object.assign(file.scenario, { name: obeyed, file: obeyed }),
    () => Object.assign(file.scenario, { file: '/dev/zero' }),
    () => Object.assign(file, { format: obeyed }),
    () => Object.assign(file, { [obeyed]: obeyed }),
  ];
  if (random.below(2) === 0) asks[random.below(asks.length)]?.();
  return JSON.stringify(random.below(2) === 0 ? file : mutated(file, random));
}

/** Commands on files of strangers: nothing of theirs runs, and nothing reaches a terminal. */
export const commands: Part = {
  name: 'commands on foreign files',
  share: 8,
  goal: 400,
  pieces: 2,
  async run({ random, isOver, folder, trying }) {
    const tally = new Tally();
    const { inside, marker, evil, text } = await project(folder);
    do {
      const given = foreign(text, evil, random);
      const path = join(inside, 'foreign.json');
      writeFileSync(path, given);
      const command = COMMANDS[random.below(COMMANDS.length)] as (typeof COMMANDS)[0];
      const of = `${command.join(' ')} of ${given.slice(0, 300)}`;
      trying(of);
      const { code, text: said } = await run([...command, path], inside);
      tally.tried++;
      if (existsSync(marker)) tally.bad('escape', `a program outside has run: ${of}`);
      if (printable(said) !== said) tally.bad('escape', `a terminal would obey: ${of}`);
      if (code === null) tally.bad('hang', of);
      else if (!EXIT_CODES.includes(code)) tally.bad('error of heddle', `exit ${code}: ${of}`);
      else tally.add(`exit ${code}`);
    } while (!isOver(tally.tried));
    return tally.figures;
  },
};
