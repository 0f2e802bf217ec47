import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ShowCommand, showCommand } from '../../src/cli/show.ts';
import { type ViewCommand, viewCommand } from '../../src/cli/view.ts';
import type { Alternative, TraceModel } from '../../src/sim/trace/model.ts';
import { type PackedTrace, unpackTrace } from '../../src/sim/trace/pack.ts';
import type { PageData } from '../../src/sim/trace/page.ts';
import { UsageError } from '../../src/sys/errors.ts';

let folder = '';
let before = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-view-'));
  before = process.cwd();
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const VIEW: ViewCommand = {
  take: undefined,
  what: [],
  compare: false,
  variant: 'corrected',
  file: undefined,
  trust: false,
  out: undefined,
  open: false,
  json: false,
};
const SHOW: ShowCommand = {
  what: 'threaded',
  variant: 'corrected',
  file: undefined,
  trust: false,
  format: 'text',
  out: undefined,
  json: false,
};

/** What a command prints. */
async function printed(work: () => Promise<number>): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
    return true;
  });
  try {
    expect(await work()).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return text;
}

function dataIn(path: string): PageData {
  const page = readFileSync(path, 'utf8');
  const json = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page)?.[1];
  return JSON.parse(json ?? '') as PageData;
}

describe('heddle view', () => {
  it('writes one page that needs nothing else, and says where', async () => {
    const out = await printed(() => viewCommand({ ...VIEW, what: ['threaded'] }));
    const path = out.split('\n')[0] as string;
    expect(path).toBe(join('.heddle', 'view', 'threaded.html'));
    const page = readFileSync(path, 'utf8');
    expect(page).not.toMatch(/<(?:script|link|img)[^>]*(?:src|href)="(?!data:)/);
    expect(page).not.toMatch(/@import|url\(\s*['"]?https?:/);
    const [run] = dataIn(path).runs;
    if (run === undefined) throw new Error('the page holds no run');
    const model = unpackTrace(run.trace);
    expect(model.scenario).toMatch(/^threaded \(corrected\): /);
    expect(model.steps.length).toBeGreaterThan(20);
  });

  it('puts servers side by side', async () => {
    const path = join(folder, 'three.html');
    const what = ['sequential', 'poll'];
    const out = await printed(() =>
      viewCommand({ ...VIEW, what, compare: true, out: path, json: true }),
    );
    expect(JSON.parse(out)).toMatchObject({ type: 'view', path, opened: false });
    expect(dataIn(path).runs.map(({ title }) => title)).toEqual(what);
  });

  it('takes another road, and comes where the page said that it leads', async () => {
    const path = join(folder, 'road.html');
    const view = async (take: ViewCommand['take']): Promise<TraceModel> => {
      await printed(() => viewCommand({ ...VIEW, what: ['threaded'], take, out: path }));
      return unpackTrace(dataIn(path).runs[0]?.trace as PackedTrace);
    };
    const { alternatives, decisions } = await view(undefined);
    const road = alternatives.findLast(
      ({ decision, choice, outcome }) =>
        outcome !== null && choice !== decisions[decision]?.choice && decision > 0,
    );
    const { decision: place, choice } = road as Alternative;
    const there = await view([{ place, choice }]);
    expect(there.steps.length).toBe(road?.steps);
    expect(there.decisions[place]?.choice).toBe(choice);
    expect(there.decisions.slice(0, place)).toEqual(decisions.slice(0, place));
    expect(dataIn(path).runs[0]?.branch).toMatch(
      new RegExp(`heddle.* view threaded --take ${place}:${choice},$`),
    );
  });

  it.each([
    [{}, /view what\?/],
    [{ what: ['threaded', 'poll'] }, /one model at a time.*--compare/],
    [{ what: ['threded'] }, /did you mean the model threaded\?/],
    [{ what: ['nowhere.json'], compare: true }, /which is no model/],
    [{ what: ['greenlet'], compare: true }, /which serves no clients/],
    [{ what: ['threaded'], take: [{ place: 9_999, choice: 1 }] }, /the run has \d+; look at/],
    [{ what: ['threaded'], take: [{ place: 0, choice: 999 }] }, /name one from 0 to \d+$/],
    [{ compare: true, take: [{ place: 0, choice: 1 }] }, /leave out --compare/],
    [{ what: ['threaded'], out: 'no/\0/such.html' }, /choose another place with --out/],
  ] as const)('%j: says what is wrong and what to do', async (given, message) => {
    await expect(viewCommand({ ...VIEW, ...given })).rejects.toThrow(message);
    await expect(viewCommand({ ...VIEW, ...given })).rejects.toBeInstanceOf(UsageError);
  });

  it('refuses a damaged failure with the field that is wrong', async () => {
    writeFileSync('bad.json', '{"format": "something else"}');
    await expect(viewCommand({ ...VIEW, what: ['bad.json'] })).rejects.toThrow(
      /its field "format"/,
    );
  });
});

describe('heddle show', () => {
  it.each([
    ['text', / accept fd 3 → fd 4/],
    ['json', /^\{"type":"run","format":"heddle-trace","version":1/],
    ['mermaid', /^sequenceDiagram\n/],
    ['shiviz', /^\(\?<host>\\S\+\) \(\?<clock>/],
    ['perfetto', /"traceEvents":\[/],
  ] as const)('--as %s', async (format, begins) => {
    expect(await printed(() => showCommand({ ...SHOW, format }))).toMatch(begins);
  });

  it('--as pcapng, into a file', async () => {
    const path = join(folder, 'run.pcapng');
    await printed(() => showCommand({ ...SHOW, format: 'pcapng', out: path }));
    expect(readFileSync(path).readUInt32LE(0)).toBe(0x0a0d0d0a);
  });

  it('the same run always looks the same', async () => {
    const once = await printed(() => showCommand({ ...SHOW, what: 'fork', format: 'json' }));
    expect(await printed(() => showCommand({ ...SHOW, what: 'fork', format: 'json' }))).toBe(once);
  });
});
