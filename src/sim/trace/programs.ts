import { EINPROGRESS, errnoCode } from '../../sys/errno.ts';
import { OP } from '../../sys/ops.ts';
import type { Address } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { addressText } from '../kernel/addresses.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import type { CodeMoment, Moment } from '../schedule/moment.ts';
import { Conversation, type Said } from './protocols/conversation.ts';
import { readable } from './protocols/message.ts';

/** A row of a story in a program's own terms: requests, answers, timers, lines of output. */
export interface ProgramRow {
  readonly did: string;
  readonly result: string;
  readonly where: string | undefined;
}

/** A request on one connection, as one end of it has seen it. */
export interface Exchange {
  readonly task: Task;
  /** The end that has asked, or the one that answers. */
  readonly side: 'asks' | 'answers';
  /** What is asked: another program, or a database. */
  readonly kind: 'request' | 'query';
  /** `POST /seats/7`. */
  readonly what: string;
  readonly ends: Ends;
  /** The step in which it was sent, or read whole. */
  readonly step: number;
  readonly where: string | undefined;
  /** The step in which the answer was read, or sent; undefined while there is none. */
  answered: number | undefined;
}

/** The two ends of a connection, as addresses: that of the program that is told of comes first. */
export interface Ends {
  readonly own: string;
  readonly peer: string;
}

/** An end of a connection was closed. */
export interface Closing {
  readonly task: Task;
  readonly ends: Ends;
  readonly step: number;
}

interface ToldMoment {
  readonly who: string;
  readonly did: string;
  readonly where: string | undefined;
  times: number;
}

/** What was said last on a connection, as one end of it has seen it. */
export interface LastSaid {
  readonly way: 'sent' | 'got';
  readonly what: string;
  readonly step: number;
  readonly where: string | undefined;
}

/** A connection or a listener that a program has open at the end. */
export interface OpenEnd {
  readonly peer: string;
  readonly isListener: boolean;
  readonly last: LastSaid | undefined;
}

/** One end of a connection, or a listener. */
interface End {
  own: string;
  readonly peer: string;
  readonly conversation: Conversation;
  /** What was asked on it and is not answered, oldest first. */
  readonly open: Exchange[];
  /** What was said on it last. */
  last: LastSaid | undefined;
  readonly isListener: boolean;
}

/** A syscall of a program, as it had its turn. */
interface Seen {
  readonly task: Task;
  readonly ends: Map<number, End>;
  readonly call: Syscall<unknown>;
  readonly answer: unknown;
  readonly step: number;
  readonly where: string | undefined;
  /** Positive; 0 where it did not fail. */
  readonly errno: number;
}

/** A syscall of a program in the program's terms. */
interface ToldCall extends ProgramRow {
  /** The stack that it comes from; empty where nobody knows it. */
  readonly stack: string;
  /** It is housekeeping of the loop, and says nothing of the program. */
  readonly isPlumbing: boolean;
}

/** What the loop does for itself: for a row that is told because of a decision. */
function housekeeping({ op, a2 }: Syscall<unknown>, answer: unknown): ToldCall {
  const told = { result: '', where: undefined, stack: '', isPlumbing: true };
  if (op === OP.nanosleep) return { ...told, did: 'is at work' };
  if (op !== OP.epollWait) return { ...told, did: 'goes on' };
  if (answer === BLOCKED) return { ...told, did: 'waits for events' };
  if (Array.isArray(answer) && answer.length > 0) return { ...told, did: 'is told of events' };
  return { ...told, did: a2 === 0 ? 'looks for events' : 'has waited until a timer is due' };
}

/** What the loop does of its own accord: no line of the program's has asked for it. */
export const OWN_AFFAIRS: ReadonlySet<number> = new Set([
  OP.recv,
  OP.recvfrom,
  OP.accept,
  OP.epollWait,
]);

/** Letters of what was printed. */
const PRINTED_MAX = 120;

const row = (did: string, result = '', where?: string): ProgramRow => ({ did, result, where });

/**
 * Programs with an event loop of their own, whose syscalls stand nowhere in their code: what they
 * do is told by the bytes of their connections and by what they say of themselves.
 */
export class Programs {
  readonly #ends = new Map<Task, Map<number, End>>();
  /** The line that the next syscall of a task comes from. */
  readonly #at = new Map<Task, { readonly where: string; readonly stack: string }>();
  /** What was told between two steps, by the step that it came after. */
  readonly #moments = new Map<number, ToldMoment[]>();
  readonly exchanges: Exchange[] = [];
  readonly closings: Closing[] = [];
  /** The last step of each of them. */
  readonly #last = new Map<Task, number>();

  get isEmpty(): boolean {
    return this.#ends.size === 0;
  }

  get tasks(): Task[] {
    return [...this.#ends.keys()];
  }

  has(task: Task): boolean {
    return this.#ends.has(task);
  }

  /** Whether the connection that was asked on is still open at this end. */
  isOpen({ task, ends }: Exchange): boolean {
    return [...(this.#ends.get(task)?.values() ?? [])].some(
      ({ own, peer }) => own === ends.own && peer === ends.peer,
    );
  }

  /** What a program has open, connections before listeners. */
  openOf(task: Task): OpenEnd[] {
    const all = [...(this.#ends.get(task)?.values() ?? [])];
    return [...all.filter((end) => !end.isListener), ...all.filter((end) => end.isListener)];
  }

  /** What was told between a step and the next of its task. */
  momentsAfter(step: number): readonly (ProgramRow & { readonly who: string })[] {
    const moments = this.#moments.get(step) ?? [];
    return moments.map(({ who, did, where, times }) => ({
      who,
      ...row(times === 1 ? did : `${did}, ${times} times`, '', where),
    }));
  }

  /**
   * A program tells of itself; `step` is the run's last.
   *
   * @param isNow it tells so while it does it, and not with its next syscall
   */
  told(task: Task, moment: Exclude<Moment, CodeMoment>, step: number, isNow: boolean): void {
    switch (moment.is) {
      case 'program':
        this.#ends.set(task, new Map());
        return;
      case 'at':
        this.#at.set(task, moment);
        return;
      case 'asks':
        return;
      default: {
        const after = isNow ? step : (this.#last.get(task) ?? step);
        const rows = this.#moments.get(after) ?? [];
        const where = moment.where || undefined;
        const [did, last] = [momentText(moment), rows.at(-1)];
        if (last?.did === did && last.where === where) last.times++;
        else rows.push({ who: task.name, did, where, times: 1 });
        this.#moments.set(after, rows);
      }
    }
  }

  /**
   * A syscall of a program had its turn, as step number `step`; undefined where the task is no
   * program.
   */
  stepped(task: Task, call: Syscall<unknown>, answer: unknown, step: number): ToldCall | undefined {
    const ends = this.#ends.get(task);
    if (ends === undefined) return undefined;
    this.#last.set(task, step);
    if (answer === BLOCKED && call.op !== OP.exit) return housekeeping(call, answer);
    if (OWN_AFFAIRS.has(call.op)) this.#at.delete(task);
    const { where = '', stack = '' } = this.#at.get(task) ?? {};
    const errno = typeof answer === 'number' && answer < 0 ? -answer : 0;
    const told = this.#words({ task, ends, call, answer, step, where: where || undefined, errno });
    if (told === undefined) return housekeeping(call, answer);
    this.#at.delete(task);
    return { ...told, where: where || undefined, stack, isPlumbing: false };
  }

  #words(seen: Seen): ProgramRow | undefined {
    const { task, ends, call, answer, errno } = seen;
    const fd = call.a0;
    const failed = errno === 0 ? '' : errnoCode(errno);
    switch (call.op) {
      case OP.connect: {
        const peer = call.data === null ? '' : addressText(call.data as Address);
        ends.set(fd, newEnd(peer));
        return row(`connects to ${peer}`, errno === EINPROGRESS ? '' : failed);
      }
      case OP.accept: {
        if (errno !== 0) return undefined;
        const { fd: accepted, address } = answer as { fd: number; address: Address };
        ends.set(accepted, newEnd(addressText(address)));
        return row(`accepts a connection of ${addressText(address)}`);
      }
      case OP.bind:
        return errno === 0 ? undefined : row(`binds ${addressText(call.data as Address)}`, failed);
      case OP.listen:
        ends.set(fd, { ...newEnd(ownText(task, fd)), isListener: true });
        return row(`listens at ${ownText(task, fd)}`, failed);
      case OP.getsockopt: {
        const end = ends.get(fd);
        if (end === undefined || errno !== 0 || typeof answer !== 'number') return undefined;
        return answer === 0 ? undefined : row(`cannot reach ${end.peer}`, errnoCode(answer));
      }
      case OP.send:
        return this.#sends(seen);
      case OP.recv:
        return this.#receives(seen);
      case OP.shutdown:
        return row(`ends what it sends to ${endOf(seen).peer}`, failed);
      case OP.close:
        return this.#closes(seen);
      case OP.write:
        return fd === 1 || fd === 2 ? row(printedText(fd, call.data as Uint8Array)) : undefined;
      case OP.exit:
        return row(`exits with code ${call.a0}`);
      case OP.sendto:
        return row(`datagram ${datagramText(call.data)}`, failed);
      case OP.recvfrom:
        return errno === 0 ? row(`gets a datagram ${datagramText(answer)}`) : undefined;
      default:
        return undefined;
    }
  }

  #closes({ task, ends, call: { a0: fd }, step }: Seen): ProgramRow | undefined {
    const end = ends.get(fd);
    ends.delete(fd);
    if (end === undefined) return undefined;
    const { own, peer } = end;
    if (end.isListener) return row(`listens no longer at ${peer}`);
    this.closings.push({ task, ends: { own, peer }, step });
    return row(`closes its connection to ${peer}`);
  }

  #sends(seen: Seen): ProgramRow | undefined {
    const { task, call, answer, step, where, errno } = seen;
    const end = endOf(seen);
    const to = `to ${end.peer}`;
    if (errno !== 0) return row(`sends ${to}`, errnoCode(errno));
    const bytes = call.data as Uint8Array;
    const taken = answer as number;
    if (call.opaque) return row(`${taken} B under TLS ${to}`);
    const said = end.conversation.sent(bytes.slice(0, taken));
    end.last = { way: 'sent', what: saidText(said), step, where };
    for (const { role, text } of said.messages) {
      if (role === 'response') answerFirst(end, 'answers', step);
      else if (role !== undefined) {
        this.#asks(end, { task, side: 'asks', kind: role, what: text, step, where });
      }
    }
    const short = taken < bytes.length ? ` (${taken} of ${bytes.length} B)` : '';
    return row(`${saidText(said)}${short} ${to}`);
  }

  #receives(seen: Seen): ProgramRow | undefined {
    const { task, call, answer, step, errno } = seen;
    const end = endOf(seen);
    const from = `from ${end.peer}`;
    if (errno !== 0) return row(`reads ${from}`, errnoCode(errno));
    const bytes = answer as Uint8Array;
    if (bytes.length === 0) return row(`gets the end of the stream ${from}`);
    if (call.opaque) return row(`gets ${bytes.length} B under TLS ${from}`);
    const said = end.conversation.received(bytes.slice());
    end.last = { way: 'got', what: saidText(said), step, where: undefined };
    for (const { role, text } of said.messages) {
      if (role === 'response') answerFirst(end, 'asks', step);
      else if (role !== undefined) {
        const where = undefined;
        this.#asks(end, { task, side: 'answers', kind: role, what: text, step, where });
      }
    }
    return row(`gets ${saidText(said)} ${from}`);
  }

  #asks({ own, peer, open }: End, given: Omit<Exchange, 'ends' | 'answered'>): void {
    const exchange = { ...given, ends: { own, peer }, answered: undefined };
    open.push(exchange);
    this.exchanges.push(exchange);
  }
}

function answerFirst(end: End, side: Exchange['side'], step: number): void {
  const place = end.open.findIndex((one) => one.side === side);
  if (place < 0) return;
  const [exchange] = end.open.splice(place, 1);
  (exchange as Exchange).answered = step;
}

function newEnd(peer: string): End {
  return {
    own: '',
    peer,
    conversation: new Conversation(),
    open: [],
    isListener: false,
    last: undefined,
  };
}

/** What was not seen to begin (a socket that was handed over) is met here for the first time. */
function endOf({ ends, task, call: { a0: fd } }: Seen): End {
  let end = ends.get(fd);
  if (end === undefined) {
    const file = task.process.descriptors.get(fd)?.file;
    const peer = file instanceof TcpSocket ? file.peer : null;
    end = newEnd(peer === null ? `fd ${fd}` : addressText(peer));
    ends.set(fd, end);
  }
  if (end.own === '') end.own = ownText(task, fd);
  return end;
}

function ownText(task: Task, fd: number): string {
  const file = task.process.descriptors.get(fd)?.file;
  if (file instanceof TcpSocket && file.local !== null) return addressText(file.local);
  return `fd ${fd}`;
}

function saidText({ messages, begun }: Said): string {
  const texts = messages.map(({ text }) => text).filter((text) => text !== '');
  const all = begun === '' ? texts : [...texts, `${begun}…`];
  return all.length === 0 ? 'what keeps its connection' : all.join(' · ');
}

function printedText(fd: number, bytes: Uint8Array): string {
  const text = (readable(bytes) ?? `(${bytes.length} B)`).trimEnd();
  const [line = ''] = text.split('\n');
  const cut = text.length > PRINTED_MAX || line !== text ? `${line.slice(0, PRINTED_MAX)}…` : text;
  return `${fd === 1 ? 'prints' : 'prints to stderr'} ${JSON.stringify(cut)}`;
}

function datagramText(data: unknown): string {
  const bytes = data instanceof Uint8Array ? data : (data as { bytes?: Uint8Array } | null)?.bytes;
  if (!(bytes instanceof Uint8Array)) return '';
  const text = readable(bytes);
  return text === undefined ? `(${bytes.length} B)` : JSON.stringify(text.slice(0, 40));
}

function momentText(
  moment: Exclude<Moment, CodeMoment | { is: 'program' | 'at' | 'asks' }>,
): string {
  switch (moment.is) {
    case 'timer':
      return `${moment.what} fires`;
    case 'dies':
      return `dies of ${moment.what}`;
    default:
      return moment.what;
  }
}
