import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { scenariosIn } from '../load/scenarios.ts';
import { ROOT } from '../root.ts';
import { checkDeterminism } from '../sim/explore/determinism.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { UsageError } from '../sys/errors.ts';
import { type AnyCommand, argument, defineCommand } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { JSON_LINES } from './options.ts';
import { Output } from './output.ts';
import { surveyProgram } from './uncontrolled-calls.ts';

interface DoctorCommand {
  readonly file: string;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<DoctorCommand>({
  name: 'doctor',
  about: 'say what heddle finds here, and what in a file it does not control',
  given: {
    file: argument('[file]', 'a file of scenarios, or a program for heddle run', ''),
    json: JSON_LINES,
  },
  notes: `Each scenario of a file is run twice under the calm schedule, to see whether both runs are the same. A program is only read: the calls that heddle does not control are listed with their lines.`,
  examples: ['doctor', 'doctor test/server.test.ts', 'doctor server.mjs'],
  run: doctorCommand,
});

/** Writes what was found; a finding that is not right makes the command fail. */
class Findings {
  readonly #out: Output;
  wrong = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  add(isRight: boolean | undefined, what: string, text: string): void {
    if (isRight === false) this.wrong++;
    this.#out.object({ type: 'finding', what, text, right: isRight ?? null });
    const mark = isRight === undefined ? pc.yellow('–') : isRight ? pc.green('✓') : pc.red('✗');
    this.#out.line(`${mark} ${what.padEnd(12)} ${text}`);
  }
}

async function doctorCommand({ file, json }: DoctorCommand): Promise<number> {
  const out = new Output(json);
  const findings = new Findings(out);
  lookAtMachine(findings);
  if (file !== '') {
    if (await isOfScenarios(file)) await lookAtScenarios(file, findings);
    else lookAtProgram(file, findings);
  }
  const exitCode = findings.wrong === 0 ? EXIT.ok : EXIT.failure;
  out.object({ type: 'end', wrong: findings.wrong, exitCode });
  return exitCode;
}

/** The oldest Node that heddle runs on, as package.json has it. */
const NODE_MIN = [20, 19] as const;

function lookAtMachine(findings: Findings): void {
  findings.add(undefined, 'heddle', ownVersion());
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  findings.add(
    isNew,
    'Node',
    `${process.version}${isNew ? '' : `; it takes ${NODE_MIN.join('.')}`}`,
  );
  const { platform, arch } = process;
  findings.add(undefined, 'machine', `${platform} ${arch}, ${availableParallelism()} processors`);
  for (const [name, what] of PACKAGES) {
    const version = versionOf(name);
    findings.add(
      version === undefined ? undefined : true,
      name,
      `${version ?? 'not there'}: ${what}`,
    );
  }
  findings.add(mayWrite(), '.heddle', 'failures are saved in this folder');
}

const PACKAGES = [
  ['koffi', "Linux's own sockets (serve --sockets linux, conform)"],
  ['vitest', 'heddle/vitest'],
  ['fast-check', 'heddle/fast-check'],
] as const;

function versionOf(name: string): string | undefined {
  const from = createRequire(join(process.cwd(), 'package.json'));
  for (const folder of from.resolve.paths(name) ?? []) {
    try {
      return versionIn(join(folder, name, 'package.json'));
    } catch {
      // It lies further up, or nowhere.
    }
  }
  return undefined;
}

function ownVersion(): string {
  return versionIn(new URL('../package.json', ROOT));
}

function versionIn(path: string | URL): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

function mayWrite(): boolean {
  try {
    accessSync('.', constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** To load a program would be to run it, so it is read first. */
async function isOfScenarios(file: string): Promise<boolean> {
  try {
    if (!/\bscenario|\brealm\b|heddle/.test(readFileSync(file, 'utf8'))) return false;
  } catch {
    throw new UsageError(`there is no file ${file}`);
  }
  return (await scenariosIn(file)).length > 0;
}

async function lookAtScenarios(file: string, findings: Findings): Promise<void> {
  for (const scenario of await scenariosIn(file)) {
    const { name } = scenario;
    const differs = await inMacrotask(() => checkDeterminism(scenario, []));
    const text =
      differs === undefined
        ? `${name}: two calm runs are the same`
        : `${name}: two calm runs differ, first at step ${differs.step}: ${differs.suspects.join('; ')}`;
    findings.add(differs === undefined, 'scenario', text);
  }
}

function lookAtProgram(file: string, findings: Findings): void {
  const { files, calls, natives, missing } = surveyProgram(file);
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  findings.add(undefined, 'program', `${file}, ${count} of your own`);
  for (const text of missing) findings.add(false, 'missing', text);
  for (const { name, file: from, line } of natives) {
    findings.add(undefined, 'native', `${name} at ${from}:${line} has code that is not simulated`);
  }
  for (const { what, then, file: from, line } of calls) {
    findings.add(
      then.startsWith('is refused') ? false : undefined,
      'call',
      `${what} at ${from}:${line} ${then}`,
    );
  }
  if (calls.length + natives.length + missing.length === 0) {
    findings.add(true, 'control', 'nothing was met that heddle does not control');
  }
}
