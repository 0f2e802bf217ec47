import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programs } from './scenario.ts';

/**
 * Executables of other versions of Node: `HEDDLE_NODES=/opt/node22/bin/node,/opt/node24/bin/node
 * npm run ecosystem`.
 */
const OTHERS = (process.env['HEDDLE_NODES'] ?? '').split(',').filter((path) => path !== '');

/**
 * Where Node's own library asks for something else, or for the same at another moment: since which
 * version, and what. What a program asks for is what a digest is made of.
 */
const CHANGES: Readonly<Record<string, readonly (readonly [since: number, what: string])[]>> = {
  'https.mjs': [[24, 'an agent sets TCP_NODELAY and SO_KEEPALIVE before the TLS handshake']],
  'http2.mjs': [
    [24, 'GOAWAY and the end of the connection leave one turn of the loop earlier'],
    [26, 'a second address is tried after 500 ms, not 250'],
  ],
};

const changesOf = (program: string, major = 0): number =>
  (CHANGES[program] ?? []).filter(([since]) => since <= major).length;

interface Version {
  readonly major: number;
  readonly digests: Readonly<Record<string, readonly string[]>>;
}

function look(node: string): Version {
  const ask = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${node} ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const major = Number(ask('--print', 'process.versions.node').split('.')[0]);
  const script = join(import.meta.dirname, 'digests.ts');
  return { major, digests: JSON.parse(ask('--import', 'tsx', script)) as Version['digests'] };
}

describe.skipIf(OTHERS.length === 0)('one schedule has one digest on all versions of Node', () => {
  // What is skipped is collected all the same.
  if (OTHERS.length === 0) it('needs HEDDLE_NODES', () => {});
  const [own, ...others] = (OTHERS.length === 0 ? [] : [process.execPath, ...OTHERS]).map(look);
  for (const other of others) {
    it.each(programs)(`Node ${own?.major} and ${other.major}: %s`, (program) => {
      const [here, there] = [own?.digests[program], other.digests[program]];
      expect(there).toHaveLength(3);
      const isSame = changesOf(program, own?.major) === changesOf(program, other.major);
      if (isSame) expect(there).toEqual(here);
      // What has changed is seen: the day it is not, it need not be named any more.
      else expect(there).not.toEqual(here);
    });
  }
});
