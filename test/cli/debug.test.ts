// `heddle debug`, as an editor sees it: a failure of a scenario in TypeScript is debugged over the
// Debug Adapter Protocol, forwards and backwards.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HEDDLE_INDEX, HEDDLE_MAIN } from '../built.ts';
import { type Body, DapClient } from './dap-client.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Types and empty lines are not there when it runs, so that its lines are others then. */
const source = `
import { type Program, type Sys, scenario } from ${JSON.stringify(HEDDLE_INDEX)};

interface Kept {
  readonly text: string;
}

export function* server(sys: Sys): Program {
  const listener: number = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, { host: '0.0.0.0', port: 7000 });
  yield* sys.listen(listener);
  const { fd } = yield* sys.accept(listener);
  let kept: Kept = { text: 'nothing' };
  for (let part = 1; part <= 2; part++) {
    const bytes: Uint8Array = yield* sys.recv(fd, 2);
    if (bytes.length === 0) return;
    kept = { text: new TextDecoder().decode(bytes) };
    console.log(\`part \${part} is \${kept.text}\`);
    yield* sys.send(fd, bytes);
  }
  yield* sys.close(fd);
}

export async function client(sys: Sys): Promise<string> {
  const fd = await sys.socket('inet', 'stream');
  await sys.connect(fd, { host: '127.0.0.1', port: 7000 });
  await sys.send(fd, new TextEncoder().encode('abcd'));
  const answer = await sys.recv(fd, 4);
  return new TextDecoder().decode(answer);
}

export const parts = scenario('all parts come back', (world) => {
  let answer = '';
  world.process('server').spawn('server', server, { daemon: true });
  world.process('client').spawn(
    'client',
    async (sys) => {
      answer = await client(sys);
    },
    { afterListen: 7000 },
  );
  world.finally('the client gets all of it', () => {
    return answer === 'abcd' || \`it got "\${answer}"\`;
  });
}, { network: { mode: 'loopback' } });
`;

/** Ordinary async code, which calls a service. */
const realmSource = `
import { realm } from ${JSON.stringify(HEDDLE_INDEX)};

interface Shop {
  left(): Promise<number>;
  take(count: number): Promise<void>;
}

async function buy(shop: Shop): Promise<void> {
  const left = await shop.left();
  if (left > 0) await shop.take(left - 1);
}

export const sale = realm('the shop sells what it has', async (world) => {
  let has = 2;
  const shop = world.service<Shop>('shop', {
    left: async () => has,
    take: async (count) => void (has = count),
  });
  await Promise.all([buy(shop), buy(shop)]);
  debugger;
  if (has !== 0) throw new Error(\`it still has \${has}\`);
});
`;

/** The line in which a piece of a source stands. */
const lineOf = (piece: string, text: string = source): number =>
  text.slice(0, text.indexOf(piece)).split('\n').length;

/** A program in TypeScript, one of its modules as a CommonJS one has it, and who buys there. */
const programs = {
  'shop.ts': `
import { createServer, type ServerResponse } from 'node:http';
import { look } from './stock.cjs';

interface Stock {
  left: number;
}

const stock: Stock = { left: 2 };

async function take(response: ServerResponse): Promise<void> {
  const seen: number = look(stock);
  await new Promise((resolve) => setTimeout(resolve, 5));
  stock.left = seen - 1;
  response.end(\`\${stock.left} left\`);
}

createServer((_request, response) => {
  void take(response);
}).listen(8080);
`,
  'stock.cjs': `
exports.look = (stock) => {
  const { left } = stock;
  return left;
};
`,
  'buyer.mjs': `
const buy = async () => {
  const answer = await fetch('http://shop:8080');
  return answer.text();
};

const told = await Promise.all([buy(), buy()]);
console.log(told.join());
if (!told.includes('0 left')) throw new Error('nobody was told that it is sold out');
process.exit(0);
`,
};

let folder: string;
let path: string;
let failure: string;
let schedule: string;
const children: ChildProcess[] = [];

const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };

function heddle(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEDDLE_MAIN, ...words], {
    ...{ cwd: folder, encoding: 'utf8', env },
  });
  return { status, out: stdout, err: stderr };
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-debug-')));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  path = join(folder, 'parts.ts');
  writeFileSync(path, source);
  const { out } = heddle('fuzz', 'parts.ts', '--runs', '100', '--workers', '1');
  expect(out).toContain('it got "ab"');
  schedule = /'(h1:[^']+)'/.exec(out)?.[1] as string;
  failure = join('.heddle', readdirSync(join(folder, '.heddle'))[0] as string);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The adapter, over standard input and output. */
function adapter(...words: string[]): { client: DapClient; ended: Promise<number | null> } {
  const args = [HEDDLE_MAIN, 'debug', ...words];
  const child = spawn(process.execPath, args, {
    ...{ cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] },
  });
  children.push(child);
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { client: new DapClient(child.stdout as never, child.stdin as never), ended };
}

/** A session that stands at its first stop. */
async function begin(
  client: DapClient,
  lines: readonly Body[],
  launch: object = {},
  file: string = path,
): Promise<Body> {
  expect(await client.ask('initialize', { adapterID: 'heddle' })).toMatchObject({
    supportsStepBack: true,
  });
  await client.ask('launch', launch);
  await client.event('initialized');
  const given = { source: { path: file }, breakpoints: lines };
  const { breakpoints } = await client.ask('setBreakpoints', given);
  expect(breakpoints).toMatchObject(lines.map(({ line }) => ({ verified: true, line })));
  await client.ask('configurationDone');
  return client.event('stopped');
}

/** The request has been answered, and the run stands again. */
async function move(client: DapClient, command: string, threadId: number): Promise<Body> {
  await client.ask(command, { threadId });
  return client.event('stopped');
}

/** The top frame of a thread: its line, and what its scopes hold. */
async function look(
  client: DapClient,
  threadId: number,
): Promise<{ line: number; frameId: number; name: string; values: Record<string, string> }> {
  const { stackFrames } = await client.ask('stackTrace', { threadId });
  const [top] = stackFrames as Body[];
  expect(top?.['source'].path.startsWith(folder)).toBe(true);
  const { scopes } = await client.ask('scopes', { frameId: top?.['id'] });
  const values: Record<string, string> = {};
  for (const { name, variablesReference } of scopes as Body[]) {
    if (name !== 'Locals' && name !== 'heddle') continue;
    const { variables } = await client.ask('variables', { variablesReference });
    for (const { name, value } of variables as Body[]) values[name] ??= value;
  }
  return { line: top?.['line'], name: top?.['name'], frameId: top?.['id'], values };
}

/** What V8 says of a constant that has no value yet; from Node 22 on it says that it has none. */
const UNSET: string = expect.stringMatching(/^undefined$|^\(not there yet\)$/);

describe('heddle debug', () => {
  it('breaks, steps, steps back over a recv, and comes to the failure', async () => {
    const { client, ended } = adapter(failure);
    const send = lineOf('sys.send(fd, bytes)');
    const recv = lineOf('sys.recv(fd, 2)');
    const stopped = await begin(client, [{ line: send }]);
    expect(stopped).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [1] });
    const { threads } = await client.ask('threads');
    expect(threads).toMatchObject([
      ...[{ name: 'server' }, { name: 'client' }, { name: 'all parts come back' }],
    ]);
    const server: number = threads[0].id;
    expect(stopped['threadId']).toBe(server);
    expect(await look(client, server)).toMatchObject({
      ...{ line: send, name: 'server' },
      values: { bytes: 'Uint8Array(2) "ab"', part: '1', kept: '{text: "ab"}', got: '"ab"' },
    });
    expect(client.output).toMatch(/part 1 is ab\n$/);

    // The line is one step: the next is the recv of the second part.
    expect(await move(client, 'next', server)).toMatchObject({ reason: 'step', threadId: server });
    expect(await look(client, server)).toMatchObject({
      ...{ line: recv, name: 'server' },
      values: { part: '2', kept: '{text: "ab"}', 'will get': '"cd"' },
    });
    // Back over the send and the recv: what that has filled is as it was.
    await move(client, 'stepBack', server);
    expect(await look(client, server)).toMatchObject({ line: send, values: { part: '1' } });
    await move(client, 'stepBack', server);
    expect(await look(client, server)).toMatchObject({
      ...{ line: recv, name: 'server' },
      values: { bytes: UNSET, part: '1', kept: '{text: "nothing"}', 'will get': '"ab"' },
    });
    // What was printed on the way has been seen.
    expect(client.output.match(/part 1/g)).toHaveLength(1);

    await client.ask('setBreakpoints', { source: { path }, breakpoints: [] });
    expect(await move(client, 'continue', server)).toMatchObject({
      ...{ reason: 'exception', text: 'it got "ab"' },
    });
    expect(client.output).toMatch(/ScheduleFailure: it got "ab"[\s\S]*client recv fd 3 +"ab"/);
    expect(await client.ask('exceptionInfo', { threadId: server })).toMatchObject({
      ...{ exceptionId: 'the client gets all of it', description: 'it got "ab"' },
    });
    await client.ask('continue', { threadId: server });
    expect(await client.event('exited')).toEqual({ exitCode: 1 });
    await client.event('terminated');
    await client.ask('disconnect');
    expect(await ended).toBe(0);
  });

  it('stops in the scenario too, over a schedule as text', async () => {
    const { client } = adapter(schedule, '--file', 'parts.ts');
    const law = lineOf("answer === 'abcd'");
    const stopped = await begin(client, [{ line: law }]);
    const { threads } = await client.ask('threads');
    const own = threads.find(({ name }: Body) => name === 'all parts come back');
    expect(stopped).toMatchObject({ reason: 'breakpoint', threadId: own.id });
    expect(await look(client, own.id)).toMatchObject({ line: law });
  });

  it('goes back to breakpoints that were passed, and to where it began', async () => {
    const { client } = adapter();
    const sent = lineOf("encode('abcd')");
    const kept = lineOf('kept = {');
    const lines = [{ line: sent }, { line: kept, condition: 'part === 2' }];
    const { threadId } = await begin(client, lines, { program: failure, stopOnEntry: true });
    const { line } = await look(client, threadId);
    expect(line).toBe(lineOf("sys.socket('inet', 'stream')"));
    // Passed without a stop: the breakpoint is looked for afterwards.
    await client.ask('setBreakpoints', { source: { path }, breakpoints: [] });
    const end = await move(client, 'continue', threadId);
    expect(end).toMatchObject({ reason: 'exception' });
    await client.ask('setBreakpoints', { source: { path }, breakpoints: lines });
    const second = await move(client, 'reverseContinue', threadId);
    expect(second).toMatchObject({ reason: 'breakpoint', threadId });
    expect(await look(client, threadId)).toMatchObject({ line: kept, values: { part: '2' } });
    const first = await move(client, 'reverseContinue', threadId);
    expect(first).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [3] });
    expect(await look(client, first['threadId'])).toMatchObject({ line: sent, name: 'client' });
    expect(await move(client, 'reverseContinue', threadId)).toMatchObject({ reason: 'entry' });
    expect(await look(client, threadId)).toMatchObject({ line });
  });

  it('steps through ordinary async code from one call of a service to the next', async () => {
    writeFileSync(join(folder, 'sale.ts'), realmSource);
    const { out } = heddle('fuzz', 'sale.ts', '--runs', '100', '--workers', '1');
    const schedule = /'(h1:[^']+)'/.exec(out)?.[1] as string;
    const { client } = adapter(schedule, '--file', 'sale.ts');
    const { threadId } = await begin(client, [], { stopOnEntry: true });
    const left = lineOf('shop.left()', realmSource);
    expect(await look(client, threadId)).toMatchObject({
      ...{ line: left, name: 'buy' },
      values: { 'asks for': 'shop.left()', 'will get': '2' },
    });
    await move(client, 'next', threadId);
    await move(client, 'next', threadId);
    const take = lineOf('shop.take(', realmSource);
    const taking = await look(client, threadId);
    expect(taking).toMatchObject({ line: take, values: { left: '2', 'asks for': 'shop.take(1)' } });
    // Its caller awaits it, which V8 remembers.
    const { stackFrames } = await client.ask('stackTrace', { threadId });
    expect(stackFrames[1]).toMatchObject({ line: lineOf('Promise.all', realmSource) });
    await move(client, 'stepBack', threadId);
    expect(await look(client, threadId)).toMatchObject({ line: left });
    // A statement of the program's own stops it on the way on, and none on the way back.
    expect(await move(client, 'continue', threadId)).toMatchObject({ reason: 'pause', threadId });
    const line = lineOf('debugger', realmSource);
    expect(await look(client, threadId)).toMatchObject({ line, values: { has: '1' } });
    await move(client, 'stepBack', threadId);
    expect(await look(client, threadId)).toMatchObject({ line: take });
  });

  it('steps from task to task; what is evaluated there is no step of the run', async () => {
    const { client } = adapter();
    const { out } = heddle('show', failure, '--as', 'json');
    const told = out.split('\n').find((line) => line.includes('"did":"accept fd 3"'));
    const { step } = JSON.parse(told ?? '{}') as { step: number };
    const launch = { program: failure, step };
    const { threadId } = await begin(client, [], launch);
    const { frameId, line, values } = await look(client, threadId);
    const accept = lineOf('sys.accept');
    expect({ line, at: values['at step'] }).toEqual({ line: accept, at: `${step}` });
    const evaluate = (expression: string, context: string): Promise<Body> =>
      client.ask('evaluate', { frameId, expression, context });
    expect(await evaluate('listener + 1', 'watch')).toMatchObject({ result: '4' });
    await expect(evaluate('nothing', 'watch')).rejects.toThrow('nothing is not defined');
    await expect(evaluate('globalThis.it = 7', 'hover')).rejects.toThrow(/side-effect/);
    await evaluate('[sys.getpid(), sys.getpid()].length', 'repl');
    const other = await move(client, 'stepOut', threadId);
    expect(other['threadId']).not.toBe(threadId);
    expect(await look(client, other['threadId'])).toMatchObject({ name: 'client' });
    // Of the one that waits it is known where it stands, and not what it holds.
    const waiting = await look(client, threadId);
    expect(waiting.line).toBe(accept);
    const asked = { frameId: waiting.frameId, expression: 'listener' };
    await expect(client.ask('evaluate', asked)).rejects.toThrow('does not run now');
    await move(client, 'stepBack', threadId);
    expect(await look(client, threadId)).toMatchObject({ line: accept });
    await move(client, 'stepBack', threadId);
    expect(await look(client, threadId)).toMatchObject({ line: lineOf('sys.listen') });
  });
});

describe('heddle debug, of Node programs', () => {
  let found: string;
  beforeAll(() => {
    for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, name), text);
    const hosts = 'shop=./shop.ts,buyer=./buyer.mjs';
    const { out } = heddle('run', '--hosts', hosts, '--runs', '20', '--workers', '1');
    expect(out).toContain('nobody was told that it is sold out');
    found = join('.heddle', /hosts-shop[^ ]*\.json/.exec(out)?.[0] as string);
  });
  const inShop = (piece: string): number => lineOf(piece, programs['shop.ts']);
  const inBuyer = (piece: string): number => lineOf(piece, programs['buyer.mjs']);

  it('breaks in their threads, steps, steps back over what they await, and comes to the end', async () => {
    const { client, ended } = adapter(found);
    const sold = inShop('stock.left = seen');
    const stopped = await begin(client, [{ line: sold }], {}, join(folder, 'shop.ts'));
    expect(stopped).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [1] });
    const { threads } = await client.ask('threads');
    expect(threads).toMatchObject([{ name: 'shop' }, { name: 'buyer' }, {}]);
    const [shop, buyer]: number[] = threads.map(({ id }: Body) => id);
    if (shop === undefined || buyer === undefined) throw new Error('there are two programs');
    expect(stopped['threadId']).toBe(shop);
    // Both requests have looked by now.
    const { frameId, ...first } = await look(client, shop);
    expect(first).toMatchObject({ line: sold, name: 'take', values: { seen: '2' } });
    const asked = { frameId, expression: 'stock.left', context: 'watch' };
    expect(await client.ask('evaluate', asked)).toMatchObject({ result: '2' });
    // Of the other it is known where it asked for what it waits for.
    expect(await look(client, buyer)).toMatchObject({ line: inBuyer('fetch(') });

    expect(await move(client, 'next', shop)).toMatchObject({ reason: 'step', threadId: shop });
    expect(await look(client, shop)).toMatchObject({
      ...{ line: inShop('response.end('), name: 'take' },
      values: { seen: '2', 'asks for': '200 "1 left" to buyer:32768' },
    });
    // Back over all that the program was given meanwhile: none of it is there.
    expect(await move(client, 'stepBack', shop)).toMatchObject({ reason: 'step', threadId: shop });
    const listens = await look(client, shop);
    expect(listens).toMatchObject({
      ...{ line: inShop('.listen(8080)') },
      values: { 'asks for': 'listens at shop:8080' },
    });
    const before = { ...asked, frameId: listens.frameId };
    expect(await client.ask('evaluate', before)).toMatchObject({ result: '2' });

    // A breakpoint that is set while the program stands, in a module of the other kind.
    const cjs = { source: { path: join(folder, 'stock.cjs') } };
    const line = lineOf('return left', programs['stock.cjs']);
    expect(await client.ask('setBreakpoints', { ...cjs, breakpoints: [{ line }] })).toMatchObject({
      breakpoints: [{ verified: true, line }],
    });
    expect(await move(client, 'continue', shop)).toMatchObject({ hitBreakpointIds: [2] });
    expect(await look(client, shop)).toMatchObject({ line, values: { left: '2' } });
    expect(await move(client, 'continue', shop)).toMatchObject({ hitBreakpointIds: [2] });
    await client.ask('setBreakpoints', { ...cjs, breakpoints: [] });
    await move(client, 'continue', shop);
    expect(await move(client, 'reverseContinue', shop)).toMatchObject({ reason: 'entry' });
    await client.ask('setBreakpoints', {
      source: { path: join(folder, 'shop.ts') },
      breakpoints: [],
    });

    expect(await move(client, 'continue', shop)).toMatchObject({
      ...{ reason: 'exception', threadId: buyer },
      text: 'buyer died: Error: nobody was told that it is sold out',
    });
    expect(await look(client, buyer)).toMatchObject({ line: inBuyer('throw new') });
    expect(client.output).toMatch(/^1 left,1 left\nScheduleFailure: /m);
    await client.ask('disconnect');
    expect(await ended).toBe(0);
  });

  it('begins at a step of the report, and goes from program to program', async () => {
    const { out } = heddle('show', found, '--as', 'json');
    const told = out.split('\n').find((row) => row.includes('"did":"200 '));
    const { step } = JSON.parse(told ?? '{}') as { step: number };
    const refused = heddle('replay', found, '--break', `${step}`);
    expect({ status: refused.status, err: refused.err }).toMatchObject({
      ...{ status: 2, err: expect.stringMatching(/another thread.* debug stops/) },
    });
    const { client } = adapter();
    const { threadId } = await begin(client, [], { program: found, step });
    const end = inShop('response.end(');
    expect(await look(client, threadId)).toMatchObject({ line: end, name: 'take' });
    const other = await move(client, 'stepOut', threadId);
    expect(await look(client, other['threadId'])).toMatchObject({ line: inBuyer('console.log') });
  });
});

describe('heddle debug refuses', () => {
  it.each([
    [['none.json'], /none\.json cannot be read/],
    [['package.json'], /package\.json is not a failure of heddle/],
    [['some.recording.json'], /recording of real sockets.*heddle.* replay/],
    [['--launch-json'], /Name the failure file/],
    [['--port', 'x'], /it must be a port/],
  ])('%j, with what to do', (words, message) => {
    writeFileSync(join(folder, 'some.recording.json'), '{"heddleRecording":1}');
    const { status, out, err } = heddle('debug', ...words);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(message);
  });

  it('what a session asks for in vain, and goes on', async () => {
    const { client, ended } = adapter();
    await expect(client.ask('launch', {})).rejects.toThrow('debug what?');
    await expect(client.ask('launch', { program: 7 })).rejects.toThrow('program');
    await expect(client.ask('next', { threadId: 2 })).rejects.toThrow('nothing has been launched');
    await expect(client.ask('gallop')).rejects.toThrow('no request gallop');
    await expect(client.ask('launch', { program: 'none.json' })).rejects.toThrow(
      'none.json cannot be read',
    );
    await client.ask('disconnect');
    expect(await ended).toBe(0);
  });

  it('what names a file outside of the project, unless it is trusted', async () => {
    const strange = readFileSync(join(folder, failure), 'utf8').replace('parts.ts', '../parts.ts');
    writeFileSync(join(folder, '.heddle/strange.json'), strange);
    const { client } = adapter('.heddle/strange.json');
    await expect(client.ask('launch')).rejects.toThrow(/nothing was run; permit it with/);
  });
});

describe('heddle debug --port', () => {
  it('serves editors on the loopback, and nobody who speaks HTTP', async () => {
    const child = spawn(process.execPath, [HEDDLE_MAIN, 'debug', failure, '--port', '0'], {
      ...{ cwd: folder, env, stdio: ['ignore', 'inherit', 'pipe'] },
    });
    children.push(child);
    const told = String(await new Promise((resolve) => child.stderr?.once('data', resolve)));
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(told)?.[1]);
    const page = connect(port, '127.0.0.1');
    const body = JSON.stringify({ seq: 1, type: 'request', command: 'initialize' });
    page.write(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    let heard = '';
    page.on('data', (chunk) => {
      heard += chunk;
    });
    await new Promise((resolve) => page.on('close', resolve));
    expect(heard).toBe('');
    const socket = connect(port, '127.0.0.1');
    const client = new DapClient(socket, socket);
    const { threadId } = await begin(client, [{ line: lineOf('sys.send(fd, bytes)') }]);
    expect(await look(client, threadId)).toMatchObject({ name: 'server' });
    const over = new Promise((resolve) => socket.on('close', resolve));
    await client.ask('disconnect');
    await over;
  });

  it('is what --launch-json tells of', () => {
    const { status, out, err } = heddle('debug', failure, '--launch-json', '--port', '4712');
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ...{ type: 'node', request: 'launch', program: failure, debugServer: 4712 },
    });
    expect(err).toContain(`debug ${failure} --port 4712`);
  });

  it('ends with whoever debugs it, in the middle of a word too', async () => {
    const debuggee = join(HEDDLE_MAIN, '../debug/debuggee.js');
    const order = JSON.stringify({ what: failure, file: undefined, trust: false });
    const child = spawn(process.execPath, [debuggee, order], {
      ...{ cwd: folder, env, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
    });
    children.push(child);
    const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    const pipe = child.stdio[3] as Duplex;
    await new Promise((resolve) => pipe.once('data', resolve));
    pipe.write('{"id":1,"met');
    pipe.destroy();
    expect(await ended).toBe('SIGKILL');
  });
});
