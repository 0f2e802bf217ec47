/** Echo servers and their clients: a scenario for each model and variant. */
import { MODELS } from '../models/catalogue.ts';
import { Company } from '../models/clients/company.ts';
import { EchoNotes, echoClient, MANNERS, type Manner, wantsAll } from '../models/clients/echo.ts';
import type { Model, QueueProbe, Server } from '../models/model.ts';
import { addressText } from '../models/userland/text.ts';
import { DISK_FAULTS, FAULT_NAMES, type FaultName } from '../sim/kernel/choices.ts';
import { type EchoRecord, echoLaw, GotReader } from '../sim/laws/echo.ts';
import { noLeakLaw } from '../sim/laws/leaks.ts';
import { MergedQueueHistory, mergedQueueLaw, type QueueClient } from '../sim/laws/merged-queue.ts';
import { servedLaw } from '../sim/laws/served.ts';
import { type Scenario, type ScenarioOptions, scenario } from '../sim/schedule/scenario.ts';
import type { SocketBuffers, World } from '../sim/schedule/world.ts';
import { caughtLaw, OWN_LAWS } from './laws-by-model.ts';

export type Variant = 'asWritten' | 'corrected';

export const VARIANTS: readonly Variant[] = ['asWritten', 'corrected'];

/** One client of an echo scenario. */
export interface ClientPlan {
  readonly manner: Manner;
  readonly pieces: readonly Uint8Array[];
  readonly bufferBytes?: number | undefined;
}

export interface EchoScenarioOptions {
  /** Clients of a run are drawn, up to this many. Default: 3. */
  readonly clientsMax?: number;
  /** Messages to draw from, the simplest first. */
  readonly messages?: readonly string[];
  /** Manners to draw from, the simplest first. */
  readonly manners?: readonly Manner[];
  /** Given instead of drawn. */
  readonly clients?: readonly ClientPlan[];
  /** Faults that may be drawn for a run. Default: {@link faultsFor}. */
  readonly faults?: readonly FaultName[];
  readonly network?: ScenarioOptions['network'];
  /** The server, instead of the model's own. */
  readonly server?: Server;
  /** Makes another server of that one, with what it needs in the world and further laws. */
  readonly serving?: (world: World, server: Server) => Server;
  /** Size of the buffers of all sockets. Default: the usual; drawn where clients are. */
  readonly bufferBytes?: number;
  /** How much the machine gives to the server; drawn, the simplest first. */
  readonly limits?: readonly Limit[];
  /** What it is about, behind the model's name. */
  readonly title?: string;
}

/** One thing of which a server may have only so much. */
export interface Limit {
  readonly what: string;
  readonly descriptorsMax?: number;
  /** Its own and those of its children. */
  readonly tasksMax?: number;
}

const PORT = 65_432;
/** The last is longer than what one recv asks for. */
const MESSAGES = ['Hello, world', '', 'a', '日本', '0123456789'.repeat(110)] as const;
/**
 * Byte by byte an answer is six times as long, and whoever takes thousands of steps without a pause
 * lets time pass.
 */
const MESSAGES_GOT = [...MESSAGES.slice(0, -1), '0123456789'.repeat(20)];
/** Whose sockets have small buffers; the usual case first. */
class SmallBuffers {
  readonly server: SocketBuffers;
  readonly clients: SocketBuffers;
  readonly #text: string;

  constructor(text: string, server: SocketBuffers, clients: SocketBuffers = {}) {
    this.#text = text;
    this.server = server;
    this.clients = clients;
  }

  toString(): string {
    return this.#text;
  }
}

const sizes = (bytes: number): SocketBuffers => ({
  sendBufferBytes: bytes,
  receiveBufferBytes: bytes,
});
const USUAL = new SmallBuffers('usual', {});
const BUFFERS = [
  USUAL,
  // On the way to the clients: where it begins, and at both of its ends.
  new SmallBuffers("5 B in the server's send buffers", { sendBufferBytes: 5 }),
  new SmallBuffers(
    '5 B on the way to the clients',
    { sendBufferBytes: 5 },
    { receiveBufferBytes: 5 },
  ),
  ...[5, 64].map((bytes) => new SmallBuffers(`${bytes} B`, sizes(bytes), sizes(bytes))),
];
/** The fault of a task that ends before it closes its socket. */
const SKIPS_CLOSE = 20;
/** A long message, byte by byte through buffers of one byte, for three clients. */
const STEPS_MAX = 200_000;

/** None of the servers has a disk. */
export const SERVER_FAULTS: readonly FaultName[] = FAULT_NAMES.filter(
  (name) => !DISK_FAULTS.includes(name),
);

/**
 * The faults that say something about a variant. Most of the articles' servers do not outlive a
 * full descriptor table (`protocol` and `streams` do), which has scenarios of its own; and none has
 * a time-out that work could outlast. So those faults are kept for the corrected ones.
 */
export function faultsFor(variant: Variant): readonly FaultName[] {
  if (variant === 'corrected') return SERVER_FAULTS;
  return SERVER_FAULTS.filter((name) => name !== 'emfile' && name !== 'slow');
}

/** The name of a variant in names of scenarios. */
export function variantText(variant: Variant): string {
  return variant === 'asWritten' ? 'as written' : 'corrected';
}

/** A server of the catalogue with its clients, and the laws of echo. */
export function echoScenario(
  model: Model,
  variant: Variant,
  options: EchoScenarioOptions = {},
): Scenario {
  return scenario(
    `${model.id} (${variantText(variant)}): ${options.title ?? 'every client gets its own bytes back'}`,
    (world) => {
      const messages = options.messages ?? (model.echo === 'got' ? MESSAGES_GOT : MESSAGES);
      const { clients, serving, limits } = options;
      const limit = limits === undefined ? undefined : world.drawFrom('what is scarce', limits);
      let server = options.server ?? model[variant];
      if (serving !== undefined) server = serving(world, server);
      if (clients !== undefined) {
        const { bufferBytes } = options;
        const buffers =
          bufferBytes === undefined
            ? USUAL
            : new SmallBuffers(`${bufferBytes} B`, sizes(bufferBytes), sizes(bufferBytes));
        buildEcho(world, model, variant, clients, { server, buffers, limit });
      } else {
        const plans = drawPlans(world, { ...options, messages });
        const buffers = world.drawFrom('buffers', BUFFERS);
        buildEcho(world, model, variant, plans, { server, buffers, limit });
      }
    },
    {
      faults: options.faults ?? faultsFor(variant),
      stepsMax: STEPS_MAX,
      ...(options.network === undefined ? {} : { network: options.network }),
    },
  );
}

function drawPlans(world: World, options: EchoScenarioOptions): ClientPlan[] {
  const plans: ClientPlan[] = [];
  const count = world.drawFrom('clients', counts(options.clientsMax ?? 3));
  for (let i = 0; i < count; i++) {
    const name = clientName(i);
    const manner = world.drawFrom(`manner of ${name}`, options.manners ?? MANNERS);
    const text = world.drawFrom(`message of ${name}`, options.messages as readonly string[]);
    const message = new TextEncoder().encode(text);
    // 0: in one piece.
    const cut = message.length < 2 ? 0 : world.draw(`cut of ${name}`, message.length);
    const pieces = cut === 0 ? [message] : [message.subarray(0, cut), message.subarray(cut)];
    plans.push({ manner, pieces });
  }
  return plans;
}

/** Two are the simplest company: most of what is wrong with a server shows between them. */
function counts(clientsMax: number): number[] {
  const all = Array.from({ length: clientsMax }, (_, i) => i + 1);
  return all.sort((a, b) => Number(b === 2) - Number(a === 2));
}

/** They are all of one kind: failures that differ only in which of them it was are the same. */
function clientName(index: number): string {
  return `client#${index + 1}`;
}

interface EchoParts {
  /** Instead of the model's own. */
  readonly server?: Server | undefined;
  readonly buffers?: SmallBuffers;
  readonly limit?: Limit | undefined;
}

/** The server with a table of descriptors that is no longer than that. */
function withDescriptors(server: Server, descriptorsMax: number | undefined): Server {
  if (descriptorsMax === undefined) return server;
  return function* (sys, options) {
    yield* sys.setrlimit(descriptorsMax);
    yield* server(sys, options);
  };
}

/** A server and its clients in a world, with the laws of echo. Gives what the clients note. */
export function buildEcho(
  world: World,
  model: Model,
  variant: Variant,
  plans: readonly ClientPlan[],
  { server = model[variant], buffers = USUAL, limit }: EchoParts = {},
): readonly EchoNotes[] {
  const history = model.mergesMessages ? new MergedQueueHistory() : undefined;
  const probe = history === undefined ? undefined : probeOf(history);
  const serving = world.process('server');
  serving.setSocketBuffers(buffers.server);
  if (limit?.tasksMax !== undefined) serving.setTasksMax(limit.tasksMax);
  const limited = withDescriptors(server, limit?.descriptorsMax);
  serving.spawn('server', (sys) => limited(sys, { port: PORT, probe }));
  const company = new Company(plans.length);
  const notes: EchoNotes[] = [];
  plans.forEach(({ manner, pieces, bufferBytes }, index) => {
    const name = clientName(index);
    const its = new EchoNotes(name, manner, pieces);
    notes.push(its);
    const visiting = world.process(name);
    visiting.setSocketBuffers(buffers.clients);
    visiting.spawn(
      name,
      (sys) =>
        echoClient(sys, {
          port: PORT,
          manner,
          pieces,
          bufferBytes,
          company,
          notes: its,
          notesAddress: history !== undefined,
          ...(model.echo === 'got' ? { isAnswered: isAnsweredByGot(its) } : {}),
        }),
      { afterListen: PORT },
    );
  });
  servedLaw(world, notes);
  echoLaw(world, notes.map(recordOf), model.echo);
  if (history !== undefined) mergedQueueLaw(world, history, notes.map(queueClientOf));
  // A connection that nothing closes is told as that, not as what has brought it about.
  const laws = [() => caughtLaw(world), () => noLeakLaw(world, 'server')];
  if (model.faults.some(({ number }) => number === SKIPS_CLOSE)) laws.reverse();
  for (const law of laws) law();
  OWN_LAWS[model.id]?.(world, plans.length);
  return notes;
}

/** Connections are told apart by their addresses. */
function probeOf(history: MergedQueueHistory): QueueProbe {
  return {
    putting: (address, data) => history.putting(addressText(address), data),
    processed: (address, data) => history.processed(addressText(address), data),
  };
}

/** The client's notes, as the law of the queue wants to read them. */
function queueClientOf(notes: EchoNotes): QueueClient {
  return {
    name: notes.name,
    message: notes.message,
    get source() {
      const { address } = notes;
      // Where ports are the machine's, one that is not known is 0.
      const isKnown = address !== undefined && (!('port' in address) || address.port !== 0);
      return isKnown ? addressText(address) : undefined;
    },
    get received() {
      return notes.received;
    },
  };
}

/** Asked with more and more of the same answer. */
function isAnsweredByGot(notes: EchoNotes) {
  const reader = new GotReader(notes.message);
  let readBytes = 0;
  return (received: Uint8Array, sentBytes: number): boolean => {
    reader.read(received.subarray(readBytes));
    readBytes = received.length;
    return reader.match(sentBytes) !== 'part';
  };
}

/** The client's notes, as the law wants to read them. */
function recordOf(notes: EchoNotes): EchoRecord {
  return {
    name: notes.name,
    message: notes.message,
    wanted: wantsAll(notes.manner),
    get sentBytes() {
      return notes.sentBytes;
    },
    get received() {
      return notes.received;
    },
    get ended() {
      return notes.ended;
    },
    get error() {
      return notes.error;
    },
  };
}

/** All of them. */
export const ECHO_SCENARIOS: readonly Scenario[] = MODELS.flatMap((model) =>
  VARIANTS.map((variant) => echoScenario(model, variant)),
);
