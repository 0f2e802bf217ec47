/** Every server there is, in the order in which one reads them. */
import * as epollLevel from './epoll-level.ts';
import type { Model } from './model.ts';
import * as sequential from './sequential.ts';
import * as threaded from './threaded.ts';

export const MODELS: readonly Model[] = [
  {
    id: 'sequential',
    seed: '000',
    what: 'one task, blocking calls, one client after the other',
    echo: 'same',
    ...sequential,
    faults: [
      {
        number: 2,
        what: 'a second client is not served while the first stays connected',
        needs: 'two clients, one of which stays',
      },
      { number: 3, what: 'a reset from one client ends the server', needs: 'a reset' },
      {
        number: 5,
        what: 'half a character, decoded to be printed, ends the server',
        needs: 'a cut inside a character',
      },
    ],
  },
  {
    id: 'threaded',
    seed: '000',
    what: 'a thread per connection, blocking calls',
    echo: 'same',
    ...threaded,
    faults: [
      {
        number: 5,
        what: 'half a character, decoded to be printed, ends the handler before it answers',
        needs: 'a cut inside a character',
      },
    ],
  },
  {
    id: 'epoll-level',
    seed: '001',
    what: 'one task over a level-triggered epoll, non-blocking sockets',
    echo: 'same',
    ...epollLevel,
    faults: [
      {
        number: 11,
        what: 'the result of send is ignored, so a short send loses bytes',
        needs: 'a send buffer that is nearly full',
      },
      {
        number: 13,
        what: 'send on a full socket throws EAGAIN and ends the server',
        needs: 'a client that does not read',
      },
      { number: 14, what: 'a reset from one client ends the server', needs: 'a reset' },
    ],
  },
];

/** The model of that id, or undefined. */
export function modelNamed(id: string): Model | undefined {
  return MODELS.find((model) => model.id === id);
}
