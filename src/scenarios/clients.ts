/** Client programs of the catalogue against a server that is known to be good. */
import { modelNamed } from '../models/catalogue.ts';
import type { Client, ClientModel, Model } from '../models/model.ts';
import { patiently } from '../models/userland/patience.ts';
import { encode, writeAll } from '../models/userland/text.ts';
import type { FaultName } from '../sim/kernel/choices.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';
import { faultsFor, type Variant, variantText } from './echo.ts';

const PORT = 8001;
/** Mistakes of threads that share something show with two; the third is nobody's neighbour. */
const THREADS_MAX = 3;
/** The first round connects, the second finds what it has left, the third is like the second. */
const ROUNDS_MAX = 3;
/**
 * Buffers shorter than a message are left out: whoever sends all of it before it reads is stuck
 * then, with any server. And as written, what it does about a server that is not there.
 */
const LEFT_OUT: Readonly<Record<Variant, readonly FaultName[]>> = {
  asWritten: ['tinyBuffers', 'reset', 'refuse', 'backlog'],
  corrected: ['tinyBuffers'],
};

/** Each line an answer; or one of them empty. */
const TYPED = ['hello 0\nhello 1\n', 'hello 0\n\nhello 1\n'] as const;

/** A client with these lines, and then the end, on descriptor 0. */
function typing(typed: string, client: Client): Client {
  if (typed === '') return client;
  return function* (sys, options) {
    const [from, to] = yield* patiently(sys, () => sys.pipe());
    yield* writeAll(sys, to, encode(typed));
    yield* sys.close(to);
    yield* sys.dup2(from, 0);
    yield* sys.close(from);
    yield* client(sys, options);
  };
}

export const LAW_OWN_ANSWER = 'what a client takes for an answer is the answer to what it sent';

export function clientsScenario(model: ClientModel, variant: Variant): Scenario {
  const server = modelNamed('threaded') as Model;
  return scenario(
    `${model.id} (${variantText(variant)}): each answer answers its own message`,
    (world) => {
      const threads = 1 + world.draw('further threads', THREADS_MAX);
      const rounds = 1 + world.draw('further rounds', ROUNDS_MAX);
      let mistaken: string | undefined;
      const answered = (sent: Uint8Array, answer: Uint8Array): void => {
        const [message, taken] = [sent, answer].map((bytes) => JSON.stringify(textOf(bytes)));
        if (message !== taken) mistaken ??= `${taken} was taken for the answer to ${message}`;
      };
      world.process('server').spawn('server', (sys) => server.corrected(sys, { port: PORT }));
      const typed = model.reads === true ? world.drawFrom('what is typed', TYPED) : '';
      const client = typing(typed, model[variant]);
      world
        .process('clients')
        .spawn('clients', (sys) => client(sys, { port: PORT, threads, rounds, answered }), {
          afterListen: PORT,
        });
      world.always(LAW_OWN_ANSWER, () => mistaken ?? true);
    },
    {
      faults: faultsFor(variant).filter((name) => !LEFT_OUT[variant].includes(name)),
      stepsMax: 50_000,
    },
  );
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
