// What a search is in CI: cut into shards, told to the system that runs it.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HEDDLE_INDEX, HEDDLE_MAIN } from '../built.ts';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;

/** What a terminal, XML and GitHub would each take for something other than text. */
const HOSTILE = '<b a="1">&amp; ]]> \u001b[31m 100% \n::error::no %0A ##[group]\uffff';

/** One that fails in few runs, one that holds, and one that cannot be run. */
const SCENARIOS = `
import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
const turns = (world) => {
  const turns = world.cell('turns', '');
  for (const task of ['a', 'b']) {
    world.process('p').spawn(task, function* (sys) {
      yield* sys.update(turns, (value) => value + task);
    });
  }
  return () => turns.value;
};
export const rare = scenario('it is rare', (world) => {
  const luck = world.draw('luck', 200);
  const told = turns(world);
  world.finally('in order', () => luck !== 7 || told() === 'ab' || ${JSON.stringify(HOSTILE)});
});
export const good = scenario('it is <good>', (world) => {
  const told = turns(world);
  world.finally('all have a turn', () => told().length === 2);
});
`;

/** One of two orders breaks it, and one holds. */
const ORDER = SCENARIOS.replace('luck !== 7 || ', '').replace('it is rare', 'a comes first');

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function heddleIn(environment: Readonly<Record<string, string>>, ...words: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEDDLE_MAIN, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...environment },
  });
  return { status, out: stdout, err: stderr };
}
const heddle = (...words: string[]): Ended => heddleIn({}, ...words);

const objects = (out: string): Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-ci-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'its.scenario.js'), SCENARIOS);
  writeFileSync(join(folder, 'order.scenario.js'), ORDER);
});
beforeEach(() => rmSync(join(folder, '.heddle'), { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What was saved, by name; it is forgotten. */
function savedFiles(): Record<string, string> {
  const at = join(folder, '.heddle');
  const names = existsSync(at) ? readdirSync(at) : [];
  const files = names.map((name) => [name, readFileSync(join(at, name), 'utf8')] as const);
  rmSync(at, { recursive: true, force: true });
  return Object.fromEntries(files);
}

const SHARDS = ['1/4', '2/4', '3/4', '4/4'];
const HALVES = ['1/2', '2/2'];

describe('--shard', () => {
  it('of fuzz: together the shards find exactly what one run finds', () => {
    const words = ['fuzz', 'its.scenario.js', '--strategy', 'random', '--runs', '2000', '--json'];
    const one = objects(heddle(...words).out);
    const saved = savedFiles();
    const all = SHARDS.map((shard) => ({
      told: objects(heddle(...words, '--shard', shard).out),
      saved: savedFiles(),
    }));
    const runOf = (told: Record<string, unknown>[]): number =>
      Number(/^run ([\d,]+)/.exec(String(told[0]?.['found']))?.[1]?.replace(',', ''));
    const first = all
      .filter(({ told }) => runOf(told) > 0)
      .sort((a, b) => runOf(a.told) - runOf(b.told))[0];
    expect(first?.told[0]).toEqual({ ...one[0], shard: expect.stringMatching(/^\d\/4$/) });
    expect(first?.saved).toEqual(saved);
    expect(Object.keys(saved)).toHaveLength(1);
    // What holds was run as often, by all of them together.
    const runs = all.map(({ told }) => Number(told[1]?.['runs']));
    expect(runs).toEqual([500, 500, 500, 500]);
    expect(one[1]?.['runs']).toBe(2000);
  });

  it('of a learning strategy goes to one machine where the search is short, and it is said', () => {
    const words = ['fuzz', 'its.scenario.js', '-t', 'good', '--runs', '1000'];
    const ends = HALVES.map((shard) => heddle(...words, '--shard', shard));
    const [mine, others] = [
      ends.filter(({ out }) => /survived 1,000 runs of shard \d\/2 {2}it is <good>/.test(out)),
      ends.filter(({ out }) => /none of its runs is of shard \d\/2 {2}it is <good>/.test(out)),
    ];
    expect([mine.length, others.length]).toEqual([1, 1]);
    expect(others[0]?.out).toContain('1 scenario, 1 of them left to other shards');
    expect(ends.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('of run: all runs are made once', () => {
    writeFileSync(join(folder, 'program.mjs'), 'console.log(1);\n');
    const words = ['run', '--hosts', 'a=./program.mjs', '--strategy', 'random', '--runs', '120'];
    const made = HALVES.map((shard) => objects(heddle(...words, '--json', '--shard', shard).out));
    const runs = made.map(([told]) => Number(told?.['runs']));
    expect(runs.sort((a, b) => a - b)).toEqual([20, 100]);
  });

  it('of explore: each scenario is explored by one shard, as without it', () => {
    const words = ['explore', 'order.scenario.js', '--workers', '1', '--json'];
    const told = (out: string): unknown[] =>
      objects(out)
        .filter(({ type }) => type === 'scenario')
        .map(({ seconds: _, ...rest }) => rest);
    const one = told(heddle(...words).out);
    const saved = savedFiles();
    expect(Object.keys(saved)).toHaveLength(1);
    const ends = ['1/3', '2/3', '3/3'].map((shard) => heddle(...words, '--shard', shard));
    expect(ends.flatMap(({ out }) => told(out))).toEqual(one);
    expect(savedFiles()).toEqual(saved);
    expect(one).toHaveLength(2);
    expect(ends[2]?.err).toContain('none of 2 scenarios is of shard 3/3');
  });

  it('is refused where it says nothing, or cannot be exact', () => {
    for (const [environment, words, message] of [
      [{}, ['fuzz', '--shard', '5/4'], /it must be which part of how many/],
      [{ HEDDLE_SHARD: 'x' }, ['fuzz'], /from env 'HEDDLE_SHARD' is invalid/],
      [{}, ['fuzz', 'sequential', '--shard', '1/4'], /--shard .* files of scenarios: a model/],
    ] as const) {
      const { status, err } = heddleIn(environment, ...words);
      expect(err).toMatch(message);
      expect(status).toBe(2);
    }
  });
});

describe('the environment', () => {
  it('says what the command line does not', () => {
    const words = ['fuzz', 'its.scenario.js', '-t', 'good', '--strategy', 'random', '--json'];
    const asked = { HEDDLE_RUNS: '400', HEDDLE_SEED: '20261130', HEDDLE_SHARD: '2/4' };
    const [told] = objects(heddleIn(asked, ...words).out);
    expect(told).toMatchObject({ runs: 100, seed: 20_261_130, shard: '2/4' });
    const [own] = objects(heddleIn(asked, ...words, '--runs', '200', '--seed', '3').out);
    expect(own).toMatchObject({ seed: 3, shard: '2/4' });
    const [unset] = objects(heddleIn({ HEDDLE_RUNS: '', HEDDLE_SHARD: '' }, ...words).out);
    expect(unset).toMatchObject({ runs: 1_000, seed: 1 });
  });
});

interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly inside: Element[];
  text: string;
}

const meant = (text: string): string =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code === undefined
      ? ({ amp: '&', lt: '<', gt: '>', quot: '"' }[name as string] ?? `unknown ${name}`)
      : String.fromCharCode(Number(code)),
  );

/** Reads XML of elements, attributes and text, and throws where it is not well-formed. */
function readXml(source: string): Element {
  const body = source.replace('<?xml version="1.0" encoding="UTF-8"?>\n', '');
  expect(body).not.toBe(source);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant
  expect(body).not.toMatch(/[\0-\x08\x0b-\x1f\ufffe\uffff]/);
  const root: Element = { name: '', attributes: {}, inside: [], text: '' };
  const open = [root];
  const token = /<(\/?)(\w[\w-]*)((?: [\w-]+="(?:[^"<&]|&#?\w+;)*")*)(\/?)>|((?:[^<>&]|&#?\w+;)+)/y;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const match = token.exec(body);
    if (match === null) throw new Error(`not well-formed: ${body.slice(at, at + 60)}`);
    const [, closes, name = '', fields = '', isEmpty, text] = match;
    const last = open.at(-1) as Element;
    if (text !== undefined) last.text += meant(text);
    else if (closes === '/') expect(open.pop()?.name).toBe(name);
    else {
      const pairs = [...fields.matchAll(/ ([\w-]+)="([^"]*)"/g)];
      const attributes = Object.fromEntries(
        pairs.map(([, key, value = '']) => [key, meant(value)]),
      );
      expect(Object.keys(attributes)).toHaveLength(pairs.length);
      const element = { name, attributes, inside: [], text: '' };
      last.inside.push(element);
      if (isEmpty !== '/') open.push(element);
    }
  }
  expect(open).toEqual([root]);
  expect(root.inside).toHaveLength(1);
  return root.inside[0] as Element;
}

describe('--reporter', () => {
  const words = ['fuzz', 'its.scenario.js', '--runs', '2000', '--workers', '1'];

  it('junit: a file that is XML whatever a scenario says, and the text on stderr', () => {
    const { status, out, err } = heddle(...words, '--reporter', 'junit');
    expect(status).toBe(1);
    const suites = readXml(out.trimEnd());
    expect(suites.name).toBe('testsuites');
    const counts = { tests: '2', failures: '1', errors: '0', skipped: '0' };
    expect(suites.attributes).toMatchObject(counts);
    const [suite] = suites.inside;
    expect(suite?.attributes).toMatchObject({ name: 'its.scenario.js', ...counts });
    const [rare, good] = suite?.inside ?? [];
    const place = { classname: 'its.scenario.js', file: 'its.scenario.js' };
    expect(rare).toMatchObject({ name: 'testcase', attributes: { ...place, name: 'it is rare' } });
    expect(Number(rare?.attributes['time'])).toBeGreaterThanOrEqual(0);
    const [failure] = rare?.inside ?? [];
    expect(failure).toMatchObject({
      name: 'failure',
      attributes: {
        type: 'ScheduleFailure',
        message: HOSTILE.replace('\u001b', '\\u001b').replace('\uffff', '\ufffd'),
      },
    });
    expect(failure?.text).toMatch(/replay +.* replay \.heddle\/it-is-rare-\w+\.json/);
    expect(good?.attributes['name']).toBe('it is <good>');
    expect(good?.inside[0]).toMatchObject({ name: 'system-out', text: 'survived 2,000 runs' });
    expect(err).toMatch(/^survived 2,000 runs {2}it is <good>$/m);
  });

  it('github: annotations at the line of the user, and no command of a program', () => {
    const { status, out } = heddle(...words, '--reporter', 'github');
    expect(status).toBe(1);
    const commands = out.split('\n').filter((line) => /^\s*::|##\[/.test(line));
    expect(commands).toHaveLength(1);
    const [, fields = '', text = ''] = /^::error (.*?)::(.*)$/.exec(commands[0] ?? '') ?? [];
    expect(fields).toMatch(
      /^file=its\.scenario\.js,line=(\d+),col=\d+,title=heddle%3A it is rare$/,
    );
    const line = Number(/line=(\d+)/.exec(fields)?.[1]);
    expect(SCENARIOS.split('\n')[line - 1]).toMatch(/world\.finally\('in order'/);
    expect(text).toContain('100%25 %0A::error::no %250A');
    expect(text).toMatch(/%0A.*heddle replay \.heddle\/it-is-rare-\w+\.json$/);
    expect(out).toContain('| ::error::no');
  });

  it('json is what --json is, and two at once are refused', () => {
    const json = objects(heddle(...words, '--json').out);
    savedFiles();
    expect(objects(heddle(...words, '--reporter', 'json').out)).toEqual(json);
    const both = heddle(...words, '--reporter', 'junit', '--json');
    expect(both.status).toBe(2);
    expect(both.err).toContain('--json and --reporter junit both say what to print');
    const model = heddle('fuzz', 'sequential', '--reporter', 'junit');
    expect(model.status).toBe(2);
    expect(model.err).toContain('--reporter junit is for files of scenarios');
  });

  it('explore has the same, and says what is complete', () => {
    const { out } = heddle('explore', 'order.scenario.js', '--reporter', 'junit');
    const [suite] = readXml(out.trimEnd()).inside;
    expect(suite?.inside.map(({ inside }) => inside[0]?.name)).toEqual(['failure', 'system-out']);
    expect(suite?.inside[1]?.inside[0]?.text).toBe('complete');
  });

  it('a shard that has nothing to do has skipped it', () => {
    const names = HALVES.map((shard) => {
      const { out } = heddle(...words, '-t', 'good', '--reporter', 'junit', '--shard', shard);
      return readXml(out.trimEnd()).inside[0]?.inside[0]?.inside[0]?.name;
    });
    expect(names.sort()).toEqual(['skipped', 'system-out']);
  });
});
