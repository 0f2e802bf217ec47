/**
 * The thread of a debugged process that holds its inspector: what comes through the pipe is posted
 * to the main thread, and what that answers and tells goes back, a line of JSON each. So no port
 * is open through which others could come.
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
  readonly method: string;
  readonly params?: object;
}

const pipe = new Socket({ fd: PIPE });
const session = new Session();
session.connectToMainThread();

function say(message: object): void {
  pipe.write(`${JSON.stringify(message)}\n`);
}

session.on('inspectorNotification', (told: InspectorNotification<{ url?: string }>) => {
  if (!TOLD.includes(told.method)) return;
  // Node's own scripts are hundreds.
  if (told.method === 'Debugger.scriptParsed' && !told.params.url?.startsWith('file:')) return;
  say(told);
});
createInterface({ input: pipe }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as Request;
  session.post(method, params, (error, result) => say({ id, error, result }));
});
// Nobody debugs any more. The main thread may stand where it does not hear that.
pipe.on('error', () => {});
pipe.on('close', () => process.kill(process.pid, 'SIGKILL'));
say({ connected: true });
