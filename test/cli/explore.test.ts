import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const tsx = import.meta.resolve('tsx');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-explore-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function heddle(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { FORCE_COLOR: _, ...rest } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', tsx, main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...rest, NO_COLOR: '1' },
  });
  return { code: status, out: stdout, err: stderr };
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('heddle explore', () => {
  it('says that there is no other interleaving, of how many there are', () => {
    const { code, out, err } = heddle('explore', 'threaded', '--interleavings');
    expect(err).toBe('');
    expect(out).toMatch(/threaded +\d+ +\d+ +[\d.]+ s +complete/);
    expect(out).toMatch(/of [\d,]{9,} interleavings, counted over [\d,]+ states/);
    expect(out).toMatch(/There is no other interleaving of what is complete, without faults/);
    expect(code).toBe(0);
  });

  it('finds a fault, shrinks and saves it, and the saved file is replayed', () => {
    const found = heddle(
      ...['explore', 'sequential', '--variant', 'as-written'],
      ...['--clients', '1', '--faults', '1', '--json'],
    );
    expect(found.code).toBe(1);
    const [file] = readdirSync(join(folder, '.heddle'));
    expect(lines(found.out)[0]).toMatchObject({
      complete: false,
      failure: { path: join('.heddle', file as string) },
    });
    const again = heddle('replay', join('.heddle', file as string), '--times', '3');
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/the same digest 3 times of 3/);
  });

  it('stops at its limits and says how far it is', () => {
    const { code, out } = heddle('explore', 'epoll-level', '--runs', '50');
    expect(out).toMatch(/epoll-level +\d+ +50 +[\d.]+ s +not complete, about /);
    expect(out).not.toMatch(/no other interleaving/);
    expect(code).toBe(0);
  });

  it('keeps to a bound on preemptions, and says so', () => {
    const { out } = heddle('explore', 'sequential', '--preemptions', '1', '--clients', '1');
    expect(out).toMatch(/without faults and with at most 1 preemptions/);
  });

  it('speaks JSON, one object a line', () => {
    const objects = lines(heddle('explore', 'sequential', '--json').out);
    expect(objects.map(({ type }) => type)).toEqual(['scenario', 'end']);
    expect(objects[0]).toMatchObject({ complete: true, failure: null });
  });

  it.each([
    [['explore', 'sequental'], /no model "sequental"; did you mean sequential\?/],
    [['explore', '--clients', '9'], /--clients.*at most 4/],
    [['explore', '--faults', '-1'], /--faults.*at least 0/],
    [['explore', '--network', 'ether'], /--network.*loopback, adversarial/],
  ])('heddle %j', (args, message) => {
    const { code, err } = heddle(...args);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});
