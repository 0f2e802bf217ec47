/**
 * A thread that finds out where another one stands which does not give way: it stops that thread
 * through the inspector, as a debugger does, which works in the midst of a loop too.
 */
import { Session } from 'node:inspector';
import { SourceMap } from 'node:module';
import { type MessagePort, parentPort } from 'node:worker_threads';
import {
  STOPPED,
  type Standpoint,
  type StandpointData,
  type StandpointEnd,
} from './standpoint-data.ts';

/** Frames that are told at most. */
const FRAMES_MAX = 5;
/** It may have left its own lines by stepping: after so long it is asked again. */
const AGAIN_MS = 300;
const NOT_ITS_OWN = ['^node:', '^$', '[/\\\\]guest[/\\\\]thread\\.'];

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

/** One question: where does that thread stand? */
class Look {
  readonly #question: StandpointData;
  readonly #session = new Session();
  readonly #scripts = new Map<string, Script>();
  #stands: Standpoint | undefined;
  /** Gives the request's number. */
  #say: (method: string, params?: object) => number = () => 0;
  #lastId = -1;

  constructor(question: StandpointData) {
    this.#question = question;
    const session = this.#session;
    // Other threads have titles: `[worker 3]`, and since Node 24 what they are called besides.
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      if (!params.workerInfo.title.startsWith(`[worker ${question.threadId}]`)) return;
      this.#attached(params.sessionId);
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
      this.#hear(JSON.parse(params.message)),
    );
    session.connectToMainThread();
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /** A thread that stands in a debugger cannot be ended: it goes on. */
  letGo(): void {
    this.#lastId = this.#say('Debugger.disable');
  }

  #attached(sessionId: string): void {
    let id = 0;
    this.#say = (method, given = {}) => {
      const message = JSON.stringify({ id: ++id, method, params: given });
      this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
      return id;
    };
    this.#say('Debugger.enable');
    this.#say('Debugger.pause');
  }

  #hear({ id, method, params }: Said): void {
    if (id === this.#lastId) this.#leave();
    if (params === undefined) return;
    if (method === 'Debugger.scriptParsed') this.#scripts.set(params.scriptId, params);
    if (method === 'Debugger.paused') {
      this.#paused(params.callFrames.map((frame) => placeOf(frame, this.#scripts)));
    }
  }

  /** In Node's code or heddle's: on to the next line of the program, whoever calls it. */
  #paused(frames: Standpoint): void {
    const own = frames.filter(isProgram);
    if (own.length > 0) {
      this.#stands = own.slice(0, FRAMES_MAX);
      this.letGo();
      return;
    }
    this.#say('Debugger.setBlackboxPatterns', { patterns: NOT_ITS_OWN });
    this.#say('Debugger.stepInto');
    setTimeout(() => {
      if (this.#stands === undefined && this.#lastId < 0) this.#say('Debugger.pause');
    }, AGAIN_MS);
  }

  #leave(): void {
    this.#session.disconnect();
    looks.delete(this.#question.id);
    if (this.#stands === undefined) return;
    const { shared } = this.#question;
    const state = new Int32Array(shared, 0, 2);
    state[1] = Buffer.from(shared, state.byteLength).write(JSON.stringify(this.#stands));
    Atomics.store(state, 0, STOPPED);
    Atomics.notify(state, 0);
  }
}

/** In the source that the user wrote, where a map tells. */
function placeOf(
  { functionName, location }: Frame,
  scripts: ReadonlyMap<string, Script>,
): Standpoint[number] {
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

const looks = new Map<number, Look>();
const port = parentPort as MessagePort;
port.on('message', (asked: StandpointData | StandpointEnd) => {
  if ('end' in asked) looks.get(asked.end)?.letGo();
  else looks.set(asked.id, new Look(asked));
});
