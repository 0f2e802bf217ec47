/** Projects of users with scenarios that fail, and `heddle` as it is called in them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const HEDDLE = ['--import', import.meta.resolve('tsx'), join(root, 'src/cli/main.ts')];

/** Two scenarios that fail, and one that does not and has many classes. */
export const SCENARIOS: string = `
import { Cell, scenario } from ${JSON.stringify(join(root, 'src/index.ts'))};
export const adders = (name, count, judge) => scenario(name, (world) => {
  world.process('p').spawn('main', function* main(sys) {
    const cell = new Cell('v', 0);
    const add = function* (own) { yield* own.store(cell, (yield* own.load(cell)) + 1); };
    const ids = [];
    for (let i = 0; i < count; i++) ids.push(yield* sys.spawn(add));
    for (const id of ids) yield* sys.join(id);
    judge(cell.value);
  });
});
export const two = adders('two of them', 2, (sum) => { if (sum === 1) throw new Error('lost'); });
export const four = adders('four of them', 4, (sum) => { if (sum === 1) throw new Error('lost'); });
export const six = adders('six of them', 6, () => {});
`;

export interface Project {
  readonly folder: string;
  readonly write: (text: string) => void;
}

/** A folder of its own, so that no campaign knows of another. */
export function newProject(scenarios: string = SCENARIOS): Project {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-campaign-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "campaign", "type": "module" }\n');
  const write = (text: string): void => writeFileSync(join(folder, 'a.sim.ts'), text);
  write(scenarios);
  return { folder, write };
}

/** A process of heddle, and what it has said. */
export class Heddle {
  readonly child: ChildProcess;
  out = '';
  err = '';
  #wake: (() => void)[] = [];

  constructor(
    cwd: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    node: readonly string[] = [],
  ) {
    const { CI: _, ...rest } = process.env;
    this.child = spawn(process.execPath, [...node, ...HEDDLE, ...args], {
      cwd,
      env: { ...rest, NO_COLOR: '1', ...env },
    });
    this.child.stdout?.on('data', (data: Buffer) => this.#heard({ out: `${data}`, err: '' }));
    this.child.stderr?.on('data', (data: Buffer) => this.#heard({ out: '', err: `${data}` }));
    this.child.once('close', () => this.#heard({ out: '', err: '' }));
  }

  #heard({ out, err }: { readonly out: string; readonly err: string }): void {
    this.out += out;
    this.err += err;
    for (const wake of this.#wake.splice(0)) wake();
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Until it has said something like this. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.out + this.err)) {
      if (this.hasEnded) throw new Error(`${pattern} was not said: ${this.out}${this.err}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Its exit code. */
  async ended(): Promise<number | null> {
    if (!this.hasEnded) await once(this.child, 'close');
    return this.child.exitCode;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill(signal);
    await once(this.child, 'exit');
  }
}

/** What is saved, by name. */
export function savedIn({ folder }: Project): Record<string, string> {
  const its = join(folder, '.heddle');
  return Object.fromEntries(
    readdirSync(its)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name, readFileSync(join(its, name), 'utf8')]),
  );
}

/** The last line of a campaign's JSON, but for what is another each time. */
export function endOf(out: string): Record<string, unknown> {
  const {
    id: _id,
    workedMs: _ms,
    machines: _machines,
    leftMs: _left,
    ...end
  } = JSON.parse(out.trim().split('\n').at(-1) as string) as Record<string, unknown>;
  return end;
}
