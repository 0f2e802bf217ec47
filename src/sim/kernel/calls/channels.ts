import { EBADF, EPIPE, ETIMEDOUT } from '../../../sys/errno.ts';
import type { Channel, ChannelAsk, ChannelCase, Selected, Taken } from '../../../sys/sync.ts';
import { KIND, type Labelled } from '../choices.ts';
import type { Footprint } from '../footprint.ts';
import type { PendingCall } from '../pending-call.ts';
import type { Task } from '../task.ts';
import { BLOCKED } from './handler.ts';
import { aliveOf, sleepIn, taskOf } from './line.ts';
import {
  type Call,
  type Effects,
  type Helpers,
  type Order,
  type Row,
  row,
  type WaitsFor,
} from './row.ts';
import { cellText, timeoutText } from './text.ts';
import { writesData } from './touches.ts';

/** A case of a call that sleeps. */
interface Waiting {
  readonly call: PendingCall;
  readonly ask: ChannelAsk;
  readonly index: number;
}

/** What of a channel only the kernel knows. */
interface Inside {
  /** Who has sent what the channel holds, in the same order. */
  readonly sent: ChannelAsk[];
  readonly senders: Waiting[];
  readonly receivers: Waiting[];
  /** What a receive leaves and a later send finds, where there is a bound: room. */
  readonly room: object;
  /** Who has ever sent to it, and received from it. */
  readonly sentBy: Set<Task>;
  readonly receivedBy: Set<Task>;
}

/** What has come of a call. */
interface Outcome {
  readonly index: number;
  readonly taken: Taken<unknown>;
  /** -errno. */
  readonly error: number;
  /** The call that it has met, or whose message it has received. */
  readonly other: ChannelAsk | null;
}

const NOTHING: Taken<unknown> = { done: false, value: undefined };
const CLOSED: Taken<unknown> = { done: true, value: undefined };

const newInside = (): Inside => ({
  sent: [],
  senders: [],
  receivers: [],
  room: {},
  sentBy: new Set(),
  receivedBy: new Set(),
});

function insideOf(channel: Channel<unknown>): Inside {
  channel.inner ??= newInside();
  return channel.inner as Inside;
}

/** Who sleeps in a send to it, or in a receive from it. */
export function partnersOf(channel: Channel<unknown>): {
  readonly senders: readonly Task[];
  readonly receivers: readonly Task[];
} {
  const { senders, receivers } = insideOf(channel);
  return {
    senders: aliveOf(senders.map(({ call }) => call)),
    receivers: aliveOf(receivers.map(({ call }) => call)),
  };
}

/** The one that has waited longest and can still be met. */
const oldest = (line: readonly Waiting[]): Waiting | undefined =>
  line.find(({ call }) => taskOf(call).state === 'alive');

function isReady({ channel, sends }: ChannelCase): boolean {
  if (channel === null) return false;
  if (channel.closed) return true;
  const { senders, receivers } = insideOf(channel);
  const { length } = channel.buffer;
  if (sends) return length < channel.capacity || oldest(receivers) !== undefined;
  return length > 0 || oldest(senders) !== undefined;
}

const outcomeOf = ({ outcome }: ChannelAsk): Outcome | undefined => outcome as Outcome | undefined;

/** A call that sleeps has its answer. */
function settle({ call, ask, index }: Waiting, taken: Taken<unknown>, other: ChannelAsk): void {
  const { channel, sends } = ask.cases[index] as ChannelCase;
  insideOf(channel as Channel<unknown>)[sends ? 'sentBy' : 'receivedBy'].add(taskOf(call));
  ask.outcome = { index, taken, error: 0, other } satisfies Outcome;
  leave(ask);
  wake(call);
}

function wake(call: PendingCall): void {
  const task = taskOf(call);
  // In a signal's handler it sleeps in another call, if at all; it finds its answer after that.
  if (task.call === call) task.wake();
}

/** It no longer waits, at any channel. */
function leave(ask: ChannelAsk): void {
  for (const { channel, sends } of ask.cases) {
    if (channel === null) continue;
    const line = insideOf(channel)[sends ? 'senders' : 'receivers'];
    const kept = line.filter((one) => one.ask !== ask);
    line.splice(0, line.length, ...kept);
  }
}

function send(ask: ChannelAsk, index: number): Outcome {
  const { channel, value } = ask.cases[index] as ChannelCase & { channel: Channel<unknown> };
  if (channel.closed) return { index, taken: NOTHING, error: -EPIPE, other: null };
  const inside = insideOf(channel);
  const receiver = oldest(inside.receivers);
  if (receiver === undefined) {
    channel.buffer.push(value);
    inside.sent.push(ask);
  } else settle(receiver, { done: false, value }, ask);
  return { index, taken: NOTHING, error: 0, other: receiver?.ask ?? null };
}

function receive(ask: ChannelAsk, index: number): Outcome {
  const { channel } = ask.cases[index] as ChannelCase & { channel: Channel<unknown> };
  const { sent, senders } = insideOf(channel);
  const sender = oldest(senders);
  if (channel.buffer.length === 0 && sender === undefined) {
    return { index, taken: CLOSED, error: 0, other: null };
  }
  if (sender !== undefined) {
    channel.buffer.push((sender.ask.cases[sender.index] as ChannelCase).value);
    sent.push(sender.ask);
    settle(sender, NOTHING, ask);
  }
  const value = channel.buffer.shift();
  return { index, taken: { done: false, value }, error: 0, other: sent.shift() ?? null };
}

/** For reports: between which cases is chosen. */
class Pick implements Labelled {
  private readonly ask: ChannelAsk;
  private readonly ready: readonly number[];

  constructor(ask: ChannelAsk, ready: readonly number[]) {
    this.ask = ask;
    this.ready = ready;
  }

  label(): string {
    return `chanSelect ${casesText(this.ask)}`;
  }

  alternativeText(choice: number): string {
    return caseText(this.ask.cases[this.ready[choice] as number] as ChannelCase);
  }
}

/** A call has its turn: what comes of it, or it sleeps. */
function trade(task: Task, call: Call<ChannelAsk>): Outcome | typeof BLOCKED | number {
  const { data: ask } = call;
  const settled = outcomeOf(ask);
  if (settled !== undefined) return settled;
  const ready: number[] = [];
  for (const [index, one] of ask.cases.entries()) if (isReady(one)) ready.push(index);
  if (ready.length > 0) {
    leave(ask);
    const { choices } = task.surroundings;
    const pick =
      ready.length === 1 ? 0 : choices.decide(KIND.pick, ready.length, new Pick(ask, ready));
    const index = ready[pick] as number;
    const { channel, sends: isSend } = ask.cases[index] as ChannelCase;
    insideOf(channel as Channel<unknown>)[isSend ? 'sentBy' : 'receivedBy'].add(task);
    const outcome = isSend ? send(ask, index) : receive(ask, index);
    ask.outcome = outcome;
    return outcome;
  }
  if (ask.otherwise) return { index: -1, taken: NOTHING, error: 0, other: null };
  if (call.a2 === 0 || task.timedOut) {
    leave(ask);
    return -ETIMEDOUT;
  }
  wait(task, task.call as PendingCall, ask);
  return BLOCKED;
}

const ASLEEP = 1;

function wait(task: Task, call: PendingCall, ask: ChannelAsk): void {
  if (call.progress !== ASLEEP) {
    call.progress = ASLEEP;
    for (const [index, { channel, sends }] of ask.cases.entries()) {
      if (channel !== null) {
        insideOf(channel)[sends ? 'senders' : 'receivers'].push({ call, ask, index });
      }
    }
  }
  sleepIn(task, call);
}

// ---- what the rows have in common ----

/** Posted again, after a signal's handler: it waits on, unless it has been met meanwhile. */
function parksAgain(task: Task, call: Call<ChannelAsk>): boolean {
  if (call.progress !== ASLEEP || outcomeOf(call.data) !== undefined || task.timedOut) return false;
  sleepIn(task, call);
  return true;
}

/** One that has its answer already looks at nothing any more. */
function touchesChannels(_task: Task, { data: ask }: Call<ChannelAsk>, into: Footprint): void {
  if (outcomeOf(ask) !== undefined) return;
  for (const { channel } of ask.cases) if (channel !== null) into.write(channel);
}

/**
 * As the memory model of Go says: a send comes before its receive, a receive before the send that
 * it makes room for, a close before a receive that finds it. Where a chanSelect may do one of
 * several things, it is put in order with all of them, so that no race is reported that is none.
 */
function ordersOf(_task: Task, { data: ask }: Call<ChannelAsk>, into: Order): void {
  const settled = outcomeOf(ask);
  if (settled !== undefined) {
    into.acquires(settled.other ?? ask.cases[settled.index]?.channel);
    return;
  }
  into.releases(ask);
  for (const one of ask.cases) {
    if (one.channel !== null && isReady(one)) ordersWith(ask, one.channel, one.sends, into);
  }
}

function ordersWith(ask: ChannelAsk, channel: Channel<unknown>, sends: boolean, into: Order): void {
  const { sent, senders, receivers, room } = insideOf(channel);
  const partner = oldest(sends ? receivers : senders);
  if (partner !== undefined) into.acquires(partner.ask);
  if (sends) {
    if (channel.capacity !== Number.POSITIVE_INFINITY) into.acquires(room);
    return;
  }
  into.releases(room);
  const message = sent[0];
  if (message !== undefined) into.acquires(message);
  else if (channel.closed) into.acquires(channel);
  into.releases(ask);
}

/** The arrow goes from who has sent to who has received, or has made room. */
function effectsOf({ data: ask }: Call<ChannelAsk>, _answer: unknown, into: Effects): void {
  const outcome = outcomeOf(ask);
  if (outcome === undefined || outcome.error !== 0) return;
  if (outcome.other !== null) into.took(outcome.other);
  else if (outcome.taken.done) into.took(ask.cases[outcome.index]?.channel as Channel<unknown>);
  into.left(ask);
}

/** Who has done before what it waits for; if nobody has, at one of the channels, anybody might. */
function helpersOf(_task: Task, { data: { cases } }: Call<ChannelAsk>): Helpers | undefined {
  const who = cases.map(({ channel, sends }) => {
    if (channel === null) return [];
    const { sentBy, receivedBy } = insideOf(channel);
    return [...(sends ? receivedBy : sentBy)];
  });
  if (who.some(({ length }, at) => length === 0 && cases[at]?.channel !== null)) return undefined;
  return { who: who.flat(), what: 'past' };
}

const SHARED = {
  parks: parksAgain,
  onSignal: 'passes',
  touches: touchesChannels,
  orders: ordersOf,
  memory: ({ data: { cases } }: Call<ChannelAsk>) =>
    cases.flatMap(({ channel }) => (channel === null ? [] : [channel])),
  waitsFor: (_task: Task, { data: { cases } }: Call<ChannelAsk>): WaitsFor => ({
    what: 'channel',
    cases,
  }),
  helpers: helpersOf,
  askedAlike: ({ name }: Call<ChannelAsk>) => name,
  effects: effectsOf,
} as const;

const channelName = ({ channel }: ChannelCase): string => channel?.name ?? 'null';

const caseText = (one: ChannelCase): string =>
  one.sends ? `send ${channelName(one)} ${cellText(one.value)}` : `receive ${channelName(one)}`;

const casesText = ({ cases }: ChannelAsk): string => cases.map(caseText).join(' or ') || 'nothing';

const onlyCase = ({ cases }: ChannelAsk): ChannelCase => cases[0] as ChannelCase;

const takenText = ({ done, value }: Taken<unknown>): string => (done ? 'closed' : cellText(value));

// ---- the rows ----

export const chanSend: Row<ChannelAsk, number> = row({
  ...SHARED,
  perform(task, call) {
    const outcome = trade(task, call);
    return typeof outcome === 'number' ? outcome : outcome.error;
  },
  asked: ({ a2, data }) =>
    `chanSend ${channelName(onlyCase(data))} ${cellText(onlyCase(data).value)}${timeoutText(a2)}`,
});

export const chanReceive: Row<ChannelAsk, Taken<unknown>> = row({
  ...SHARED,
  perform(task, call) {
    const outcome = trade(task, call);
    return typeof outcome === 'number' ? outcome : outcome.taken;
  },
  asked: ({ a2, data }) => `chanReceive ${channelName(onlyCase(data))}${timeoutText(a2)}`,
  answered: (_call, taken) => takenText(taken),
});

export const chanSelect: Row<ChannelAsk, Selected<readonly []>> = row({
  ...SHARED,
  perform(task, call) {
    const outcome = trade(task, call);
    if (typeof outcome === 'number') return outcome;
    if (outcome.error !== 0) return outcome.error;
    // What the type tells of each case is only known where the cases are written.
    return { index: outcome.index, ...outcome.taken } as Selected<readonly []>;
  },
  asked: ({ a2, data }) =>
    `chanSelect ${casesText(data)}${data.otherwise ? ' or go on' : ''}${timeoutText(a2)}`,
  answered({ data }, { index, ...taken }) {
    const chosen = data.cases[index];
    if (chosen === undefined) return 'none';
    return chosen.sends ? caseText(chosen) : `${caseText(chosen)}: ${takenText(taken)}`;
  },
});

export const chanClose: Row<Channel<unknown>, number> = row({
  perform(_task, { data: channel }) {
    if (channel.closed) return -EBADF;
    channel.closed = true;
    const { senders, receivers } = insideOf(channel);
    // A chanSelect may stand here several times.
    for (const { call, ask, index } of [...receivers, ...senders]) {
      if (outcomeOf(ask) !== undefined) continue;
      const error = (ask.cases[index] as ChannelCase).sends ? -EPIPE : 0;
      const taken = error === 0 ? CLOSED : NOTHING;
      ask.outcome = { index, taken, error, other: null } satisfies Outcome;
      leave(ask);
      wake(call);
    }
    return 0;
  },
  touches: writesData,
  orders: (_task, { data: channel }, into) => into.releases(channel),
  memory: ({ data: channel }) => [channel],
  asked: ({ data: { name } }) => `chanClose ${name}`,
  askedAlike: ({ name }) => name,
  effects: ({ data: channel }, _answer, into) => into.left(channel),
});
