import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ShowCommand, showCommand } from '../../src/cli/show.ts';
import { type ViewCommand, viewCommand } from '../../src/cli/view.ts';
import type { Alternative, TraceModel } from '../../src/sim/trace/model.ts';
import { type PackedTrace, unpackTrace } from '../../src/sim/trace/pack.ts';
import type { PageData } from '../../src/sim/trace/page.ts';
import { UsageError } from '../../src/sys/errors.ts';
import { HEDDLE_MAIN } from '../built.ts';

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
  live: false,
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

  it('puts a server of the user beside them', async () => {
    const path = join(folder, 'own.html');
    const own = `export async function server(sys, { port }) {
  const listener = await sys.socket('inet', 'stream');
  await sys.bind(listener, { host: '0.0.0.0', port });
  await sys.listen(listener);
  for (let left = 2; left > 0; left--) {
    const { fd } = await sys.accept(listener);
    await sys.spawn(async (sys) => {
      for (;;) {
        const bytes = await sys.recv(fd, 100);
        if (bytes.length === 0) break;
        await sys.send(fd, bytes);
      }
      await sys.close(fd);
    });
  }
}`;
    writeFileSync('own.mjs', own);
    writeFileSync('none.mjs', 'export const port = 1;');
    const command = { ...VIEW, compare: true, out: path } as const;
    await printed(() => viewCommand({ ...command, what: ['threaded', './own.mjs'] }));
    const [, run] = dataIn(path).runs;
    expect(run?.title).toBe('./own.mjs');
    const { failure, lanes } = unpackTrace(run?.trace as PackedTrace);
    expect(failure).toBeNull();
    expect(lanes.filter(({ process }) => process === 'server').length).toBe(3);
    expect(run?.messages).toBe(4);
    await expect(viewCommand({ ...command, what: ['./none.mjs'] })).rejects.toThrow(
      /none\.mjs exports no server/,
    );
  });

  it('--live serves the run, and others that take its other roads', async () => {
    const child = spawn(process.execPath, [HEDDLE_MAIN, 'view', 'threaded', '--live', '--no-open']);
    try {
      const address = await new Promise<string>((resolve, reject) => {
        child.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString().split('\n')[0] ?? ''));
        child.once('exit', (code) => reject(new Error(`exit ${code}`)));
      });
      const dataAt = async (query: string): Promise<PageData> => {
        const page = await (await fetch(`${address}${query}`)).text();
        writeFileSync('live.html', page);
        return dataIn('live.html');
      };
      const data = await dataAt('');
      expect(data.live).toBe(true);
      const { alternatives, decisions } = unpackTrace(data.runs[0]?.trace as PackedTrace);
      const road = alternatives.findLast(
        ({ decision, choice, outcome }) =>
          outcome !== null && choice !== decisions[decision]?.choice,
      ) as Alternative;
      const there = await dataAt(`?take=${road.decision}:${road.choice}`);
      const { steps } = unpackTrace(there.runs[0]?.trace as PackedTrace);
      expect(steps.length).toBe(road.steps);
      expect(there.runs[0]?.branch).toContain(` --take ${road.decision}:${road.choice},`);
      for (const query of ['?take=x', '?take=9999:1']) {
        expect((await fetch(`${address}${query}`)).status).toBe(400);
      }
      expect((await fetch(`${address}other`)).status).toBe(404);
      const status = await new Promise((resolve) => {
        get(address, { headers: { host: 'elsewhere.example' } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
      });
      expect(status).toBe(403);
    } finally {
      child.kill('SIGINT');
    }
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(130);
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
