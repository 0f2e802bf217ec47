/**
 * Every server there is, in the order in which one reads them; then the programs that print, and
 * the clients.
 */
import * as appendLog from './append-log.ts';
import * as asyncioCondition from './asyncio-condition.ts';
import * as asyncioEvent from './asyncio-event.ts';
import * as asyncioLock from './asyncio-lock.ts';
import * as asyncioQueue from './asyncio-queue.ts';
import * as asyncioQueueJoin from './asyncio-queue-join.ts';
import * as completion from './completion.ts';
import * as coroutineScheduler from './coroutine-scheduler.ts';
import * as epollEdge from './epoll-edge.ts';
import * as epollLevel from './epoll-level.ts';
import * as fork from './fork.ts';
import * as generatorConsumer from './generator-consumer.ts';
import * as generators from './generators.ts';
import * as gevent from './gevent.ts';
import * as geventUrls from './gevent-urls.ts';
import * as gotAsyncio from './got-asyncio.ts';
import * as gotSelect from './got-select.ts';
import * as gotSequential from './got-sequential.ts';
import * as gotThreaded from './got-threaded.ts';
import * as greenlet from './greenlet.ts';
import * as helloWorld from './hello-world.ts';
import * as inputClient from './input-client.ts';
import * as miniLoop from './mini-loop.ts';
import type { ClientModel, Fault, Model, ProgramModel, Store } from './model.ts';
import * as nonblocking from './nonblocking.ts';
import * as poll from './poll.ts';
import * as protocol from './protocol.ts';
import * as replCoroutine from './repl-coroutine.ts';
import * as replGenerators from './repl-generators.ts';
import * as saveOverwrite from './save-overwrite.ts';
import * as saveRename from './save-rename.ts';
import * as saveSyncRename from './save-sync-rename.ts';
import * as selectClient from './select-client.ts';
import * as selectQueues from './select-queues.ts';
import * as selectors from './selectors.ts';
import * as sequential from './sequential.ts';
import * as signalDriven from './signal-driven.ts';
import * as startClient from './start-client.ts';
import * as streams from './streams.ts';
import * as threadClients from './thread-clients.ts';
import * as threaded from './threaded.ts';
import * as threadedLoop from './threaded-loop.ts';
import * as threadedQueue from './threaded-queue.ts';
import * as timeSleep from './time-sleep.ts';

const NEXT_WAITS: Fault = {
  number: 2,
  what: 'a second client is not served while the first stays connected',
  needs: 'two clients, one of which stays',
};
const RESTART: Fault = {
  number: 4,
  what: 'a restart while an old connection sits in TIME-WAIT fails with EADDRINUSE',
  needs: 'a server that closes first, and a restart',
  scenario: 'restart',
};
const SHORT_SEND: Fault = {
  number: 11,
  what: 'the result of send is ignored, so a short send loses bytes',
  needs: 'a send buffer that is nearly full',
};
const SEND_FULL: Fault = {
  number: 13,
  what: 'send on a full socket throws EAGAIN and ends the server',
  needs: 'a client that does not read',
};
const RESET_ENDS: Fault = {
  number: 14,
  what: 'a reset from one client ends the server',
  needs: 'a reset',
};
const RESET_UNCAUGHT: Fault = {
  number: 26,
  what: 'a reset ends the handler (thread, child or coroutine) of an exception that nobody catches',
  needs: 'a reset',
};
const READINESS_TRUSTED: Fault = {
  number: 27,
  what: 'readiness is taken for a promise: recv finds nothing, and throws EAGAIN, or keeps everybody waiting',
  needs: 'a socket that is said to be readable and is not',
};
const SEND_STALLS: Fault = {
  number: 19,
  what: 'sockets stay blocking: a send larger than the free space stalls every client',
  needs: 'small buffers and a client that does not read',
};
const NAME_LIVES_ON: Fault = {
  number: 24,
  what: 'nobody closes a client: the name of the last one keeps its connection open until another comes',
  needs: 'a client that waits for the end of its stream',
};

const FULL_ENDS: Fault = {
  number: 29,
  what: 'accept without a free descriptor (EMFILE), or no room for one more thread or process, ends the server',
  needs: 'more clients than there is room for',
  scenario: 'used-up',
};
const FULL_DEAFENS: Fault = {
  number: 30,
  what: 'accept without a free descriptor ends the task that accepts: old clients are served, new ones connect and hang for ever',
  needs: 'more clients than there is room for',
  scenario: 'used-up',
};
const FULL_CLOSES: Fault = {
  number: 31,
  what: 'accept without a free descriptor, or no room for one more thread, ends the main thread: the listener is closed, the process lives on for the old clients',
  needs: 'more clients than there is room for',
  scenario: 'used-up',
};
const NO_BACKPRESSURE: Fault = {
  number: 33,
  what: 'it reads on while its answers wait: a client that does not read fills its memory',
  needs: 'a client that sends and does not read',
  scenario: 'memory',
};
const SELECT_LIMIT: Fault = {
  number: 34,
  what: 'a descriptor of 1,024 or above ends the server: select takes none (ValueError)',
  needs: 'a thousand descriptors',
  scenario: 'high',
};
const LINES_MIX: Fault = {
  number: 35,
  what: 'lines that two threads print run together: the text and its end are two writes',
  needs: 'two threads that print',
  scenario: 'log',
};
const LOG_STOPS: Fault = {
  number: 36,
  what: 'print waits for whoever reads the log: one that nobody reads stops every client, one that is gone ends who prints',
  needs: 'a log that is full or closed',
  scenario: 'log',
};
const SHORT_BACKLOG: Fault = {
  number: 37,
  what: 'listen(5): of many clients that come at once some are not let in, and have to knock again',
  needs: 'more clients at once than the queue takes',
  scenario: 'burst',
};
const QUEUE_GROWS: Fault = {
  number: 40,
  what: 'nobody empties the queue any more, and nothing bounds it: it fills the memory',
  needs: 'a consumer that has died, and many messages',
  scenario: 'memory',
};

const ONE_RECV: Fault = {
  number: 21,
  what: 'one recv for each send takes a piece, or two messages, for one answer',
  needs: 'a cut or a join',
  scenario: 'clients',
};

export const MODELS: readonly Model[] = [
  {
    id: 'sequential',
    seed: '000',
    what: 'one task, blocking calls, one client after the other',
    io: 'blocking',
    echo: 'same',
    ...sequential,
    faults: [
      NEXT_WAITS,
      { number: 3, what: 'a reset from one client ends the server', needs: 'a reset' },
      RESTART,
      {
        number: 5,
        what: 'half a character, decoded to be printed, ends the server',
        needs: 'a cut inside a character',
      },
      LOG_STOPS,
    ],
  },
  {
    id: 'threaded',
    seed: '000',
    what: 'a thread per connection, blocking calls',
    io: 'blocking',
    echo: 'same',
    ...threaded,
    faults: [
      RESTART,
      {
        number: 5,
        what: 'half a character, decoded to be printed, ends the handler before it answers',
        needs: 'a cut inside a character',
      },
      RESET_UNCAUGHT,
      FULL_CLOSES,
      LINES_MIX,
      LOG_STOPS,
    ],
  },
  {
    id: 'threaded-queue',
    seed: '000',
    what: 'a thread per connection, and one list of all messages under a lock',
    io: 'blocking',
    echo: 'same',
    mergesMessages: true,
    ...threadedQueue,
    faults: [
      RESTART,
      {
        number: 6,
        what: 'half a character, decoded to be printed, ends the consumer: nothing is processed any more',
        needs: 'a cut inside a character',
      },
      {
        number: 7,
        what: 'the consumer spins on the lock',
        needs: 'nothing: an empty list is enough',
      },
      RESET_UNCAUGHT,
      FULL_CLOSES,
      LINES_MIX,
      LOG_STOPS,
      QUEUE_GROWS,
    ],
  },
  {
    id: 'asyncio-queue',
    seed: '000',
    what: 'a coroutine per connection over asyncio, and one queue of all messages',
    io: 'multiplexing',
    echo: 'same',
    mergesMessages: true,
    ...asyncioQueue,
    faults: [
      {
        number: 1,
        what: 'it puts data and takes (addr, data): the consumer dies at the first message, and nothing is ever processed',
        needs: 'any message',
      },
      {
        number: 20,
        what: 'a reset ends the coroutine before its close: the descriptor stays open until it is collected',
        needs: 'a reset',
      },
      FULL_ENDS,
      LOG_STOPS,
      QUEUE_GROWS,
    ],
  },
  {
    id: 'fork',
    seed: '001',
    what: 'a process per connection, blocking calls',
    io: 'blocking',
    echo: 'same',
    ...fork,
    faults: [
      {
        number: 23,
        what: 'the children are never waited for: each leaves a zombie',
        needs: 'a client that leaves',
      },
      RESET_UNCAUGHT,
      FULL_ENDS,
      LOG_STOPS,
    ],
  },
  {
    id: 'select-queues',
    seed: '001',
    what: 'one task over select, with a queue of messages per connection',
    io: 'multiplexing',
    echo: 'same',
    ...selectQueues,
    faults: [
      {
        number: 8,
        what: 'readable (end of stream) and writable in one round: the queue is deleted, then looked up; KeyError ends the server',
        needs: 'the end of a stream right behind its data',
      },
      {
        number: 9,
        what: 'what is queued and not yet sent is dropped when the client ends its stream',
        needs: 'the end of a stream with output pending',
      },
      {
        number: 10,
        what: 'after a reset getpeername (for a log line) or recv throws and ends the server',
        needs: 'a reset',
      },
      SHORT_SEND,
      {
        number: 12,
        what: 'the line "closing" names the client accepted last, not this one',
        needs: 'two clients',
      },
      READINESS_TRUSTED,
      RESTART,
      FULL_ENDS,
      {
        number: 32,
        what: 'an urgent byte throws its client out with all its bytes; with the end of the stream behind it, getpeername of the closed socket ends the server',
        needs: 'an urgent byte (MSG_OOB)',
        scenario: 'urgent',
      },
      NO_BACKPRESSURE,
      SELECT_LIMIT,
      LOG_STOPS,
      SHORT_BACKLOG,
    ],
  },
  {
    id: 'poll',
    seed: '001',
    what: 'one task over poll, non-blocking sockets',
    io: 'multiplexing',
    echo: 'same',
    ...poll,
    faults: [SHORT_SEND, SEND_FULL, RESET_ENDS, READINESS_TRUSTED, FULL_ENDS],
  },
  {
    id: 'epoll-level',
    seed: '001',
    what: 'one task over a level-triggered epoll, non-blocking sockets',
    io: 'multiplexing',
    echo: 'same',
    ...epollLevel,
    faults: [SHORT_SEND, SEND_FULL, RESET_ENDS, READINESS_TRUSTED, FULL_ENDS],
  },
  {
    id: 'epoll-edge',
    seed: '001',
    what: 'one task over an edge-triggered epoll, non-blocking sockets',
    io: 'multiplexing',
    echo: 'same',
    ...epollEdge,
    faults: [
      SHORT_SEND,
      SEND_FULL,
      RESET_ENDS,
      {
        number: 25,
        what: 'one read or one accept for each edge: what is left is never reported again',
        needs: 'more bytes than one recv takes, or two connections at once',
      },
      READINESS_TRUSTED,
      FULL_ENDS,
    ],
  },
  {
    id: 'selectors',
    seed: '001',
    what: 'one task over a selector, with callbacks',
    io: 'multiplexing',
    echo: 'same',
    ...selectors,
    faults: [SHORT_SEND, SEND_FULL, RESET_ENDS, READINESS_TRUSTED, RESTART, FULL_ENDS, LOG_STOPS],
  },
  {
    id: 'gevent',
    seed: '001',
    what: 'a greenlet per connection over cooperative sockets',
    io: 'multiplexing',
    echo: 'same',
    ...gevent,
    faults: [
      SHORT_SEND,
      {
        number: 22,
        what: 'at end of stream it sends nothing, half-closes, and goes round again until an exception ends the loop',
        needs: 'the end of a stream',
      },
      RESTART,
      FULL_ENDS,
      LOG_STOPS,
    ],
  },
  {
    id: 'got-sequential',
    seed: '002',
    what: 'one task, blocking calls, one client after the other',
    io: 'blocking',
    echo: 'got',
    ...gotSequential,
    faults: [NEXT_WAITS, SHORT_SEND, RESET_ENDS, NAME_LIVES_ON, LOG_STOPS, SHORT_BACKLOG],
  },
  {
    id: 'got-threaded',
    seed: '002',
    what: 'a thread per connection, blocking calls',
    io: 'blocking',
    echo: 'got',
    ...gotThreaded,
    faults: [
      SHORT_SEND,
      NAME_LIVES_ON,
      RESET_UNCAUGHT,
      FULL_ENDS,
      LINES_MIX,
      LOG_STOPS,
      SHORT_BACKLOG,
    ],
  },
  {
    id: 'got-select',
    seed: '002',
    what: 'select over the listener alone, then one client to its end',
    io: 'multiplexing',
    echo: 'got',
    ...gotSelect,
    faults: [
      {
        number: 15,
        what: 'the handler loops inside the event loop: the second client starves',
        needs: 'two clients, one of which stays',
      },
      SHORT_SEND,
      RESET_ENDS,
      NAME_LIVES_ON,
      LOG_STOPS,
      SHORT_BACKLOG,
    ],
  },
  {
    id: 'got-asyncio',
    seed: '002',
    what: 'a coroutine per connection over asyncio',
    io: 'multiplexing',
    echo: 'got',
    ...gotAsyncio,
    faults: [RESET_UNCAUGHT, FULL_DEAFENS, LOG_STOPS, SHORT_BACKLOG],
  },
  {
    id: 'mini-loop',
    seed: '002',
    what: 'coroutines on an event loop of thirty lines',
    io: 'multiplexing',
    echo: 'got',
    ...miniLoop,
    twoReaders: {
      asWritten: miniLoop.twoReadersAsWritten,
      corrected: miniLoop.twoReadersCorrected,
    },
    faults: [
      {
        number: 16,
        what: 'an exception in one task ends the loop, and with it every client',
        needs: 'a reset',
      },
      {
        number: 17,
        what: 'two tasks wait on one socket: register throws KeyError and the loop ends',
        needs: 'two readers',
        scenario: 'two-readers',
      },
      SEND_STALLS,
      READINESS_TRUSTED,
      FULL_ENDS,
      LOG_STOPS,
      SHORT_BACKLOG,
    ],
  },
  {
    id: 'protocol',
    seed: '003',
    what: 'an object per connection, called back by asyncio',
    io: 'multiplexing',
    echo: 'same',
    asWritten: protocol.asWritten,
    corrected: protocol.corrected,
    faults: [NO_BACKPRESSURE, LOG_STOPS],
  },
  {
    id: 'streams',
    seed: '004',
    what: 'a coroutine per connection over streams of asyncio',
    io: 'multiplexing',
    echo: 'same',
    ...streams,
    faults: [RESET_UNCAUGHT, LOG_STOPS],
  },
  {
    id: 'coroutine-scheduler',
    seed: '004',
    what: 'coroutines that yield system calls to a scheduler over select',
    io: 'multiplexing',
    echo: 'same',
    ...coroutineScheduler,
    twoReaders: {
      asWritten: coroutineScheduler.twoReadersAsWritten,
      corrected: coroutineScheduler.twoReadersCorrected,
    },
    faults: [
      SHORT_SEND,
      {
        number: 16,
        what: 'an exception in one task ends the loop, and with it every client',
        needs: 'a reset',
      },
      {
        number: 18,
        what: 'two tasks wait on one descriptor: the second replaces the first, which never wakes',
        needs: 'two readers',
        scenario: 'two-readers',
      },
      SEND_STALLS,
      READINESS_TRUSTED,
      RESTART,
      FULL_ENDS,
      SELECT_LIMIT,
      LOG_STOPS,
      SHORT_BACKLOG,
    ],
  },
  {
    id: 'time-sleep',
    seed: '004',
    what: 'a coroutine per connection over streams of asyncio, which takes a while over each answer',
    io: 'multiplexing',
    echo: 'same',
    asWritten: timeSleep.asWritten,
    corrected: timeSleep.corrected,
    faults: [
      {
        number: 39,
        what: 'time.sleep in a coroutine: while one client is seen to, nobody else is',
        needs: 'any message',
      },
    ],
  },
  {
    id: 'threaded-loop',
    seed: '004',
    what: 'several threads about one level-triggered epoll, non-blocking sockets',
    io: 'multiplexing',
    echo: 'same',
    ...threadedLoop,
    faults: [
      {
        number: 41,
        what: 'two threads are told of one connection: an answer overtakes another, or one of them closes what the other still has',
        needs: 'a message in two pieces, or an end right behind its data',
      },
      SEND_FULL,
      RESET_ENDS,
      FULL_ENDS,
    ],
  },
  {
    id: 'nonblocking',
    seed: '004',
    what: 'one task that asks every non-blocking socket in turn, without end',
    io: 'non-blocking',
    echo: 'same',
    ...nonblocking,
    faults: [
      { number: 7, what: 'it spins, whether there is anything to do or not', needs: 'nothing' },
      SEND_FULL,
      RESET_ENDS,
      FULL_ENDS,
    ],
  },
  {
    id: 'signal-driven',
    seed: '004',
    what: 'one task that sleeps until SIGIO says that something has happened, and then asks everybody',
    io: 'signal-driven',
    needs: 'SIGIO',
    echo: 'same',
    ...signalDriven,
    faults: [
      SHORT_SEND,
      SEND_FULL,
      RESET_ENDS,
      {
        number: 28,
        what: 'a signal that comes while it is at work is lost: it sleeps until the next',
        needs: 'something that happens to a socket which has just been asked',
      },
      FULL_ENDS,
    ],
  },
  {
    id: 'completion',
    seed: '004',
    what: 'one task that hands whole requests to a ring and waits for what has come of them',
    io: 'asynchronous',
    needs: 'ring',
    echo: 'same',
    ...completion,
    faults: [SHORT_SEND, RESET_ENDS, FULL_ENDS],
  },
];

/**
 * The five I/O models of article 004 as servers, and a process per connection: for a look at them
 * side by side.
 */
export const SIDE_BY_SIDE: readonly string[] = [
  'threaded',
  'fork',
  'nonblocking',
  'select-queues',
  'signal-driven',
  'completion',
];

/** Programs that print, and talk to nobody. */
export const PROGRAMS: readonly ProgramModel[] = [
  {
    id: 'generator-consumer',
    seed: '001',
    what: 'a producer and two consumers, as generators',
    faults: [],
    run: generatorConsumer.run,
    transcript: generatorConsumer.TRANSCRIPT,
  },
  {
    id: 'greenlet',
    seed: '001',
    what: 'two greenlets that switch to each other',
    faults: [],
    run: greenlet.run,
    transcript: greenlet.TRANSCRIPT,
  },
  {
    id: 'gevent-example',
    seed: '001',
    what: 'two greenlets that give way to each other with sleep(0)',
    faults: [],
    run: gevent.run,
    transcript: gevent.TRANSCRIPT,
  },
  {
    id: 'asyncio-lock',
    seed: '003',
    what: 'two coroutines and a callback about one lock',
    faults: [],
    run: asyncioLock.run,
    transcript: asyncioLock.TRANSCRIPT,
  },
  {
    id: 'asyncio-event',
    seed: '003',
    what: 'two coroutines that wait for one event',
    faults: [],
    run: asyncioEvent.run,
    transcript: asyncioEvent.TRANSCRIPT,
  },
  {
    id: 'asyncio-condition',
    seed: '003',
    what: 'five coroutines that wait for one condition',
    faults: [],
    run: asyncioCondition.run,
    transcript: asyncioCondition.TRANSCRIPT,
  },
  {
    id: 'asyncio-queue-join',
    seed: '003',
    what: 'a producer and two consumers about one bounded queue',
    faults: [],
    run: asyncioQueueJoin.run,
    transcript: asyncioQueueJoin.TRANSCRIPT,
    otherTranscripts: asyncioQueueJoin.OTHER_TRANSCRIPTS,
  },
  {
    id: 'generators',
    seed: '004',
    what: 'a generator that produces and one that consumes',
    faults: [],
    run: generators.run,
    transcript: generators.TRANSCRIPT,
  },
  {
    id: 'gevent-urls',
    seed: '001',
    what: 'three pages, one after the other and by three greenlets at once',
    faults: [],
    run: geventUrls.run,
    transcript: geventUrls.TRANSCRIPT,
    otherTranscripts: geventUrls.OTHER_TRANSCRIPTS,
    measures: true,
  },
  {
    id: 'repl-coroutine',
    seed: '002',
    what: 'a coroutine in an interpreter: a word for its scheduler, and its end',
    faults: [],
    run: replCoroutine.run,
    transcript: replCoroutine.TRANSCRIPT,
  },
  {
    id: 'repl-generators',
    seed: '004',
    what: 'generators and a coroutine in an interpreter',
    faults: [],
    run: replGenerators.run,
    transcript: replGenerators.TRANSCRIPT,
  },
  {
    id: 'hello-world',
    seed: '004',
    what: 'a coroutine that sleeps and goes on',
    faults: [],
    run: helloWorld.run,
    transcript: helloWorld.TRANSCRIPT,
  },
];

/** Programs that are clients of somebody else's server. */
export const CLIENTS: readonly ClientModel[] = [
  {
    id: 'thread-clients',
    seed: '001',
    what: 'many threads, each of which sends and reads once, in a loop',
    asWritten: threadClients.asWritten,
    corrected: threadClients.corrected,
    faults: [ONE_RECV],
  },
  {
    id: 'start-client',
    seed: '000',
    what: 'one message, and one recv for its answer',
    asWritten: startClient.asWritten,
    corrected: startClient.corrected,
    faults: [ONE_RECV],
  },
  {
    id: 'input-client',
    seed: '001',
    what: 'each line that is typed is sent, and one recv is its answer',
    reads: true,
    asWritten: inputClient.asWritten,
    corrected: inputClient.corrected,
    faults: [
      ONE_RECV,
      {
        number: 38,
        what: 'an empty line sends nothing, and its answer is waited for without end',
        needs: 'an empty line',
        scenario: 'clients',
      },
    ],
  },
  {
    id: 'select-client',
    seed: '001',
    what: 'two sockets and three messages, in lock step',
    asWritten: selectClient.asWritten,
    corrected: selectClient.corrected,
    faults: [ONE_RECV],
  },
];

const LOST: Fault = {
  number: 42,
  what: 'what was said to be saved is not there after a crash',
  needs: 'a crash before it is synced',
  scenario: 'crash',
};
const NEITHER: Fault = {
  number: 43,
  what: 'after a crash the file is neither the old one nor the new one',
  needs: 'a crash before what was written is synced',
  scenario: 'crash',
};
const TORN: Fault = {
  number: 44,
  what: 'after a crash part of a record is taken for one',
  needs: 'a crash while a record is written',
  scenario: 'crash',
};

/** A file that holds what was saved last. */
const whole = (file: Uint8Array | undefined): string[] =>
  file === undefined ? [] : [new TextDecoder().decode(file)];
const FILE = {
  needs: 'crash',
  path: '/state',
  keeps: 'last',
  found: { asWritten: whole, corrected: whole },
} as const;

/** Ways to save something on a disk. */
export const STORES: readonly Store[] = [
  {
    ...FILE,
    id: 'save-overwrite',
    what: 'a file is saved by writing over it',
    asWritten: saveOverwrite.asWritten,
    corrected: saveOverwrite.corrected,
    faults: [LOST, NEITHER],
  },
  {
    ...FILE,
    id: 'save-rename',
    what: 'a file is saved by writing another and renaming it',
    asWritten: saveRename.asWritten,
    corrected: saveRename.corrected,
    faults: [LOST, NEITHER],
  },
  {
    ...FILE,
    id: 'save-sync-rename',
    what: 'a file is saved by writing another, syncing it and renaming it',
    asWritten: saveSyncRename.asWritten,
    corrected: saveSyncRename.corrected,
    faults: [LOST],
  },
  {
    id: 'append-log',
    what: 'records at the end of a file, each synced',
    needs: 'crash',
    path: '/log',
    keeps: 'all',
    asWritten: appendLog.asWritten,
    corrected: appendLog.corrected,
    recover: appendLog.recover,
    found: {
      asWritten: (file) => appendLog.recordsAsWritten(file ?? new Uint8Array(0)),
      corrected: (file) => appendLog.records(file ?? new Uint8Array(0)),
    },
    faults: [LOST, TORN],
  },
];

/** The model of that id, or undefined. */
export function modelNamed(id: string): Model | undefined {
  return MODELS.find((model) => model.id === id);
}
