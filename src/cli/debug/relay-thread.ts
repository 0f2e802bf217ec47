/**
 * The thread of a debugged process that holds its inspector: what comes through the pipe is posted
 * to the main thread, or through that to the thread of a program, and what they answer and tell
 * goes back, a line of JSON each. So no port is open through which others could come.
 */
import { type InspectorNotification, Session } from 'node:inspector';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** The pipe, as the adapter has opened it. */
const PIPE = 3;

/** What the adapter wants to hear of. */
const TOLD = [
  'Debugger.paused',
  'Debugger.resumed',
  'Debugger.scriptParsed',
  'Runtime.bindingCalled',
];

interface Request {
  readonly id: number;
  /** Of a program's thread. */
  readonly session?: string;
  readonly method: string;
  readonly params?: object;
}

interface Said {
  readonly id?: number;
  readonly error?: unknown;
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: { readonly url?: string };
}

const pipe = new Socket({ fd: PIPE });
const inspector = new Session();
inspector.connectToMainThread();

function say(message: object): void {
  pipe.write(`${JSON.stringify(message)}\n`);
}

/** Node's own scripts are hundreds. */
function isOfInterest({ method = '', params }: Said): boolean {
  if (!TOLD.includes(method)) return false;
  return method !== 'Debugger.scriptParsed' || params?.url?.startsWith('file:') === true;
}

inspector.on('inspectorNotification', (told: InspectorNotification<object>) => {
  if (isOfInterest(told)) say(told);
});
inspector.on('NodeWorker.attachedToWorker', ({ params }) => {
  // Threads that were there already run nothing that is debugged.
  if (params.waitingForDebugger) say({ session: params.sessionId, is: 'attached' });
});
inspector.on('NodeWorker.detachedFromWorker', ({ params: { sessionId: session } }) =>
  say({ session, is: 'detached' }),
);
inspector.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
  const said = JSON.parse(message) as Said;
  if (said.id !== undefined || isOfInterest(said)) say({ session: sessionId, ...said });
});
createInterface({ input: pipe }).on('line', (line) => {
  const { id, session, method, params } = JSON.parse(line) as Request;
  if (session === undefined) {
    inspector.post(method, params, (error, result) => say({ id, error, result }));
    return;
  }
  const message = JSON.stringify({ id, method, params });
  inspector.post('NodeWorker.sendMessageToWorker', { sessionId: session, message }, (error) => {
    if (error !== null) say({ id, error });
  });
});
// Nobody debugs any more, or the last line was cut off and cannot be read. The main thread may
// stand where it hears of neither.
const end = (): boolean => process.kill(process.pid, 'SIGKILL');
pipe.on('error', () => {});
pipe.on('close', end);
process.on('exit', end);
say({ is: 'connected' });
