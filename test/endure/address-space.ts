import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Part, Tally } from './part.ts';

const SCRIPT = join(import.meta.dirname, 'limited.mjs');

/** A server, a client, and the address space in KiB that has to do for all of their runs. */
interface Pair {
  readonly name: string;
  readonly server: string;
  readonly client: string;
  readonly kiBMax: number;
}

const SERVER = `
import http from 'node:http';
http.createServer((request, response) => response.end(request.url)).listen(80);
`;
const HTTP = `
import http from 'node:http';
http.get('http://server/one', (response) => response.on('end', () => process.exit(0)).resume());
`;
const FETCH = `
const response = await fetch('http://server/one');
if ((await response.text()) !== '/one') throw new Error('another answer');
process.exit(0);
`;

interface Said {
  readonly ended?: number;
  readonly told?: string;
  readonly died?: string;
}

function limited(runs: number, seed: number, { server, client, kiBMax }: Pair): Promise<Said> {
  const words = [process.execPath, SCRIPT, `${runs}`, server, client, `${seed}`];
  const line = `ulimit -v ${kiBMax}; exec ${words.map((word) => `'${word}'`).join(' ')}`;
  return new Promise((resolve) => {
    execFile('bash', ['-c', line], (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Said);
      else resolve({ died: `${error.signal ?? error.code}: ${(stdout + stderr).slice(-300)}` });
    });
  });
}

/** Many runs of Node programs in one process whose address space is limited. */
export const addressSpace: Part = {
  name: 'Node programs, ulimit -v',
  share: 8,
  goal: 2_000,
  pieces: 1,
  async run({ random, isOver, folder, trying }) {
    const tally = new Tally();
    const at = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const server = at('server.mjs', SERVER);
    const pairs: readonly Pair[] = [
      { name: 'http in 16 GiB', server, client: at('http.mjs', HTTP), kiBMax: 16_777_216 },
      { name: 'fetch in 40 GiB', server, client: at('fetch.mjs', FETCH), kiBMax: 41_943_040 },
    ];
    // A thousand in one process is the point; where time is short, as many as fit.
    for (let each = 10; ; each = Math.min(1_000, each * 100)) {
      for (const pair of pairs) {
        trying(`${each} runs of ${pair.name}`);
        const { ended = 0, told, died } = await limited(each, random.below(2 ** 31), pair);
        tally.tried += each;
        tally.add(`runs of ${pair.name}`, ended);
        if (died !== undefined) tally.bad('abort', `${pair.name}: ${died}`);
        if (told !== undefined) tally.bad('error of heddle', `${pair.name}: ${told}`);
      }
      if (isOver(tally.tried)) return tally.figures;
    }
  },
};
