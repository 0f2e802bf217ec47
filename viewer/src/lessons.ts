/** What a way of waiting means for a server. */
import type { Cost } from '../../src/sim/trace/cost.ts';

const LESSONS: Readonly<Record<string, string>> = {
  recv: 'Each connection has a task of its own, asleep in its own recv. The kernel wakes the one whose bytes have come: nobody asks who is ready, and a slow client keeps only its own task waiting. The price is a task, with its stack, for each connection.',
  select:
    'One task sleeps for all connections at once. Each time it hands the kernel the whole list of descriptors and gets the list of the ready ones back; both lists are walked each time, so a call costs as much as there are connections.',
  poll: 'One task sleeps for all connections at once. As with select the whole list goes to the kernel with each call and is walked there; but it is a list of descriptors and no set of bits, so their numbers may be as high as they like.',
  epollWait:
    'One task sleeps for all connections at once. The list of what it is interested in stays in the kernel, which keeps a second one of what has become ready: a call costs as much as there is to report, however many connections are idle.',
  accept: 'It sleeps in accept while nobody is connected, and serves whoever comes.',
  ringWait:
    'One task asks for what it wants done and sleeps until something has been done: not readiness is reported but completion, so there is no second call that reads.',
};

/** The most telling of a service's waits comes first. */
const ORDER = ['ringWait', 'epollWait', 'poll', 'select', 'recv', 'accept'];

/** Tasks of a program's own, of which its kernel knows nothing. */
const INSIDE =
  'Its coroutines live inside that one task, and the kernel knows nothing of them: a loop of the program runs whichever has been waiting for what has come. ';

export function lessonOf({ waits, tasksMax }: Cost, what: string): string {
  const names = waits.map(([call]) => call);
  const telling = ORDER.find((name) => names.includes(name));
  if (telling === undefined)
    return 'It never sleeps: it asks again and again whether there is something to do.';
  if (telling === 'recv' && tasksMax === 1) {
    return 'One task for everybody, asleep in the recv of the client it serves. Whoever comes meanwhile waits until that one has gone.';
  }
  const inside = tasksMax === 1 && /coroutine|greenlet/.test(what) ? INSIDE : '';
  return inside + (LESSONS[telling] ?? '');
}
