import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { GuestThread } from '../../src/node/host/guest-thread.ts';
import { hostsScenario } from '../../src/node/hosts.ts';
import type { Run } from '../../src/sim/schedule/run.ts';
import { inMacrotask, runSync } from '../../src/sim/schedule/runtime/execute.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-renewal-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const RUNS = 4;

/** What a program has printed in each of its runs, and in how many its thread had been used. */
async function runs(source: string, ending = 'mjs'): Promise<{ said: string[]; again: number }> {
  const path = join(folder, `program-${Math.random().toString(36).slice(2)}.${ending}`);
  writeFileSync(path, source);
  const renewed = vi.spyOn(GuestThread.prototype, 'isRenewed');
  const scenario = hostsScenario({ hosts: [{ host: 'a', program: path }] });
  const said: string[] = [];
  await inMacrotask(() => {
    for (let i = 0; i < RUNS; i++) {
      let printed = (): string => '';
      const watch = ({ world }: Run): void => {
        printed = () => world.output('a');
      };
      const { digest } = runSync(scenario, { strategy: new Calm(), digest: true, watch });
      said.push(`${digest} ${printed()}`);
    }
  });
  const again = renewed.mock.results.filter(({ value }) => value === true).length;
  renewed.mockRestore();
  return { said, again };
}

const SERVER = `
import http from 'node:http';
const server = http.createServer((request, response) => response.end('hello'));
await new Promise((resolve) => server.listen(8080, resolve));
`;

/**
 * What each leaves in its thread, and a way to see that it is gone: programs that print what they
 * find before they change it.
 */
const LEAVING: Readonly<Record<string, string>> = {
  'a global': 'console.log(globalThis.count); globalThis.count = (globalThis.count ?? 0) + 1;',
  'a global that Node has': 'console.log(String(fetch)); globalThis.fetch = () => 1;',
  'a method of Array':
    'console.log([1].last?.()); Array.prototype.last = function () { return this.at(-1); };',
  "V8's way to show a stack":
    'console.log(new Error().stack.split("\\n").length, Error.stackTraceLimit); Error.stackTraceLimit = 1; Error.prepareStackTrace = () => "mine";',
  "a function of Node's":
    "import fs from 'node:fs'; console.log(fs.existsSync.name); fs.existsSync = function patched() {};",
  "a method of a class of Node's":
    "import http from 'node:http'; console.log(String(http.Server.prototype.listen).length); http.Server.prototype.listen = () => {};",
  'a module of its own':
    "import { createRequire } from 'node:module'; const r = createRequire(import.meta.url); const { join } = r('path'); console.log(Object.keys(r.cache).length);",
  'a listener of the process':
    "console.log(process.listenerCount('exit')); process.on('exit', () => console.log('bye'));",
  'the environment': 'console.log(process.env.MINE); process.env.MINE = "here";',
  'an exit code': 'console.log(process.exitCode); process.exitCode = 0;',
  'a working directory': "console.log(process.cwd()); process.chdir('/');",
  'a count of the console': "console.count('it'); console.time('it'); console.group();",
  'how many listeners are too many':
    "import events from 'node:events'; console.log(events.defaultMaxListeners); events.defaultMaxListeners = 3;",
  'a uuid that was drawn':
    "import { randomUUID } from 'node:crypto'; console.log(randomUUID(), Math.random());",
  'an async id':
    "import { executionAsyncId, AsyncResource } from 'node:async_hooks'; console.log(new AsyncResource('X').asyncId());",
  'a title': "console.log(process.title); process.title = 'mine';",
  'a promise that nobody settles':
    'console.log(1); new Promise(() => {}); await Promise.race([new Promise(() => {}), 1]);',
  'a timer and an immediate that go on':
    "import http from 'node:http'; let n = 0; setInterval(() => console.log(n++), 10); const again = () => setImmediate(again); setTimeout(() => { again(); process.exit(0); }, 35);",
  'what an agent is to do':
    "import http from 'node:http'; console.log(http.globalAgent.maxSockets); http.globalAgent.maxSockets = 1;",
  "an agent of a program's own undici":
    "const key = Symbol.for('undici.globalDispatcher.1'); console.log(globalThis[key] === undefined); Object.defineProperty(globalThis, key, { value: {}, writable: true });",
  'what fetch goes through':
    "fetch; new Request('http://a/'); const key = Symbol.for('undici.globalDispatcher.1'); console.log(globalThis[key].mine); globalThis[key].mine = 1;",
  'a server and the connections of an agent': `${SERVER}
    const get = () => new Promise((resolve) => http.get({ port: 8080, agent: http.globalAgent }, (r) => r.resume().on('end', resolve)));
    console.log(Object.keys(http.globalAgent.freeSockets).length);
    await get(); await get();
    console.log(Object.keys(http.globalAgent.freeSockets).length);
    process.exit(0);`,
  'connections of fetch': `${SERVER}
    for (let i = 0; i < 3; i++) console.log(await (await fetch('http://localhost:8080/')).text());
    process.exit(0);`,
  'an exit in the middle of a callback':
    "setTimeout(() => { try { process.exit(0); } finally { globalThis.late = 1; } }, 5); console.log(globalThis.late); process.on('exit', () => setTimeout(() => {}, 5));",
  'an error that nobody catches':
    "console.log(process.listenerCount('uncaughtException')); setImmediate(() => { throw new Error('gone'); });",
  'an error after a request': `${SERVER}
    await new Promise((resolve) => http.get({ port: 8080 }, (r) => r.resume().on('end', resolve)));
    setTimeout(() => { throw new Error('gone'); }, 1);`,
  'marks of the performance':
    "console.log(performance.getEntries().map(({ name }) => name)); performance.mark('here'); performance.measure('it', 'here');",
  'somebody who takes all errors':
    'console.log(process.hasUncaughtExceptionCaptureCallback()); process.setUncaughtExceptionCaptureCallback(() => {});',
  'an error at its top': "console.log(1); await null; throw new Error('gone');",
  'a rejection that nobody handles':
    "console.log(1); setTimeout(() => Promise.reject(new Error('gone')), 1);",
};

describe('a thread that serves several runs', () => {
  it.each(Object.entries(LEAVING))('is as new after one that leaves %s', async (_, source) => {
    const { said, again } = await runs(source);
    expect(new Set(said).size).toBe(1);
    expect(again).toBe(RUNS - 1);
  });

  it('evaluates packages again, CommonJS and ES modules', async () => {
    const required = `const express = require(${JSON.stringify(packageAt('express'))}); console.log(typeof express, express.seen); express.seen = true;`;
    const imported = `import express from ${JSON.stringify(packageAt('express/index.js'))}; console.log(typeof express, express.seen); express.seen = true;`;
    for (const [source, ending] of [[required, 'cjs'] as const, [imported, 'mjs'] as const]) {
      const { said, again } = await runs(source, ending);
      expect(new Set(said).size).toBe(1);
      expect(again).toBe(RUNS - 1);
    }
  });
});

/** From Node 22 on its own undici is there before any program. */
const HAS_UNDICI = Number(process.versions.node.split('.')[0]) >= 22;
const FOREIGN: Readonly<Record<string, string>> = HAS_UNDICI
  ? {}
  : {
      'an agent that was there before fetch':
        "Object.defineProperty(globalThis, Symbol.for('undici.globalDispatcher.1'), { value: {}, writable: true }); new Request('http://a/');",
    };

/** What cannot be taken back, each in a program of its own. */
const SPOILING: Readonly<Record<string, string>> = {
  ...FOREIGN,
  'a warning, which comes once': "process.emitWarning('beware', { code: 'X1' });",
  'hooks of async contexts':
    "import { createHook } from 'node:async_hooks'; createHook({ init() {} }).enable();",
  'a subscription':
    "import { subscribe } from 'node:diagnostics_channel'; subscribe('http.server.request.start', () => {});",
  'node:domain, which changes events and promises': "import 'node:domain';",
  'a hook of the loader':
    "import { register } from 'node:module'; register('data:text/javascript,export {}');",
  'a port that is open':
    'globalThis.channel = new MessageChannel(); channel.port1.onmessage = () => {}; setTimeout(() => process.exit(0), 5);',
  'a global that cannot be deleted':
    "Object.defineProperty(globalThis, 'fixed', { value: 1, configurable: false });",
};

describe('a thread that cannot be made as new', () => {
  it.each(Object.entries(SPOILING))('is given up: %s', async (_, source) => {
    const { said, again } = await runs(`console.log(globalThis.fixed);\n${source}`);
    expect(new Set(said).size).toBe(1);
    expect(again).toBe(0);
  });
});

function packageAt(path: string): string {
  return join(import.meta.dirname, '../../node_modules', path);
}
