/** What heddle costs those who install and import it: packed as npm would publish it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Benchmark, Line } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
/** Processes of each kind, in turn; the quietest counts. */
const PROCESSES = 21;

function said(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Milliseconds of processor that a process takes which imports these. */
function cpuMs(urls: readonly string[]): number {
  const imports = urls.map((url) => `await import(${JSON.stringify(url)});`).join('');
  const code = `${imports} const { user, system } = process.cpuUsage(); console.log(user + system);`;
  return Number(said(ROOT, process.execPath, '--input-type=module', '--eval', code)) / 1000;
}

/** What imports cost beyond a Node that does nothing. */
function beyondBare(urls: readonly string[]): { ms: number; bareMs: number } {
  const [bare, importing]: [number[], number[]] = [[], []];
  for (let i = 0; i < PROCESSES; i++) {
    bare.push(cpuMs([]));
    importing.push(cpuMs(urls));
  }
  const bareMs = Math.min(...bare);
  return { ms: Math.min(...importing) - bareMs, bareMs };
}

function run(): Line[] {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-package-'));
  try {
    const packed = said(ROOT, 'npm', 'pack', '--json', '--pack-destination', folder);
    const tarball = join(folder, /"filename": "([^"]+)"/.exec(packed)?.[1] as string);
    said(folder, 'tar', 'xzf', tarball);
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const dist = pathToFileURL(join(folder, 'package/dist/')).href;
    const all = beyondBare([`${dist}index.js`]);
    const preload = beyondBare([`${dist}node/preload.js`]);
    return [
      {
        what: "import 'heddle' / a bare Node: more",
        ratio: all.ms,
        unit: 'ms',
        goal: { most: 80 },
        note: `${(1 + all.ms / all.bareMs).toFixed(2)} times a bare Node's processor time`,
      },
      { what: '--import heddle/node / a bare Node: more', ratio: preload.ms, unit: 'ms' },
      {
        what: 'the package, packed',
        ratio: statSync(tarball).size / 1000,
        unit: 'kB',
        goal: { most: 700 },
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const benchmark: Benchmark = {
  about: 'what heddle adds to the start of a program, in processor time, and its size',
  run,
};
export default benchmark;
