/**
 * A thread that finds out where another one stands which does not give way: it stops that thread
 * through the inspector, as a debugger does, which works in the midst of a loop too.
 */
import { Session } from 'node:inspector';
import { SourceMap } from 'node:module';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { STOPPED, type Standpoint, type StandpointData } from './standpoint-data.ts';

const { shared, threadId } = workerData as StandpointData;
const state = new Int32Array(shared, 0, 2);
const session = new Session();
/** Frames that are told at the most. */
const FRAMES_MAX = 5;
/** It may have left its own lines by stepping: after so long it is asked again. */
const AGAIN_MS = 300;

interface Script {
  readonly url: string;
  readonly sourceMapURL: string;
}

interface Frame {
  readonly functionName: string;
  readonly location: { scriptId: string; lineNumber: number; columnNumber: number };
}

interface Said {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Script & { readonly scriptId: string; readonly callFrames: readonly Frame[] };
}

const scripts = new Map<string, Script>();
const port = parentPort as MessagePort;
let stands: Standpoint | undefined;
/** Gives the request's number. */
let say: (method: string, params?: object) => number = () => 0;
let lastId = -1;
const NOT_ITS_OWN = ['^node:', '^$', '[/\\\\]guest[/\\\\]thread\\.'];

/** Other threads have titles: `[worker 3]`, and since Node 24 what they are called besides. */
session.on('NodeWorker.attachedToWorker', ({ params }) => {
  if (!params.workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
  let id = 0;
  say = (method, given = {}) => {
    const message = JSON.stringify({ id: ++id, method, params: given });
    session.post('NodeWorker.sendMessageToWorker', { sessionId: params.sessionId, message });
    return id;
  };
  say('Debugger.enable');
  say('Debugger.pause');
});
session.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
  hear(JSON.parse(params.message)),
);

function hear({ id, method, params }: Said): void {
  if (id === lastId) leave();
  if (params === undefined) return;
  if (method === 'Debugger.scriptParsed') scripts.set(params.scriptId, params);
  if (method === 'Debugger.paused') stopped(params.callFrames.map(placeOf).filter(isProgram));
}

/** In Node's code or heddle's: on to the next line of the program, whoever calls it. */
function stopped(own: Standpoint): void {
  if (own.length > 0) {
    stands = own.slice(0, FRAMES_MAX);
    letGo();
    return;
  }
  say('Debugger.setBlackboxPatterns', { patterns: NOT_ITS_OWN });
  say('Debugger.stepInto');
  setTimeout(() => {
    if (stands === undefined) say('Debugger.pause');
  }, AGAIN_MS);
}

/** A thread that stands in a debugger cannot be ended: it goes on. */
function letGo(): void {
  lastId = say('Debugger.disable');
}

function leave(): void {
  session.disconnect();
  port.close();
  if (stands === undefined) return;
  state[1] = Buffer.from(shared, state.byteLength).write(JSON.stringify(stands));
  Atomics.store(state, 0, STOPPED);
  Atomics.notify(state, 0);
}

/** In the source that the user wrote, where a map tells. */
function placeOf({ functionName, location }: Frame): Standpoint[number] {
  const { url = '', sourceMapURL = '' } = scripts.get(location.scriptId) ?? {};
  let [line, column] = [location.lineNumber, location.columnNumber];
  const [, inline] = /^data:application\/json;[^,]*base64,(.*)$/s.exec(sourceMapURL) ?? [];
  if (inline !== undefined) {
    const map = new SourceMap(JSON.parse(Buffer.from(inline, 'base64').toString()));
    const entry = map.findEntry(line, column);
    if ('originalLine' in entry) [line, column] = [entry.originalLine, entry.originalColumn];
  }
  return { functionName, url, line: line + 1, column: column + 1 };
}

function isProgram({ url }: Standpoint[number]): boolean {
  return url !== '' && !url.startsWith('node:') && !url.includes('/guest/thread.');
}

session.connectToMainThread();
session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
// Nobody wants to know it any more.
port.once('message', letGo);
