/** Which known fault of a model a failure is, told by the failure alone. */
import type { Described, ScenarioKind } from '../models/model.ts';
import { LAW_NO_ZOMBIE } from '../sim/laws/children.ts';
import { LAW_ECHO } from '../sim/laws/echo.ts';
import { LAW_HELD } from '../sim/laws/held.ts';
import { LAW_NO_LEAK } from '../sim/laws/leaks.ts';
import { LAW_MERGED_QUEUE } from '../sim/laws/merged-queue.ts';
import { LAW_ATOMIC_REPLACE, LAW_DURABLE } from '../sim/laws/saves.ts';
import { LAW_SERVED } from '../sim/laws/served.ts';
import { LAW_NO_SPIN } from '../sim/laws/spin.ts';
import { LAW_NO_STALL } from '../sim/laws/stalls.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { SysError } from '../sys/index.ts';
import { LAW_LET_IN } from './burst.ts';
import { LAW_OWN_ANSWER } from './clients.ts';
import { LAW_CAUGHT, LAW_ORDERLY_END, LAW_OWN_NAME } from './laws-by-model.ts';
import { LAW_WHOLE_LINES } from './log.ts';

type Symptom = (failure: Failure, model: Described) => boolean;

/** A task ended with one of these errors. */
function diedOf(...codes: readonly string[]): Symptom {
  return ({ kind, error }) =>
    kind === 'died' && error instanceof SysError && codes.includes(error.code);
}

const diedOfNamed =
  (name: string): Symptom =>
  ({ kind, error }) =>
    kind === 'died' && error instanceof Error && error.name === name;

const broken =
  (law: string): Symptom =>
  (failure) =>
    failure.kind === 'law' && failure.law === law;

const has = (model: Described, number: number): boolean =>
  model.faults.some((fault) => fault.number === number);

const diedOfReset = diedOf('ECONNRESET', 'EPIPE', 'ENOTCONN');
const starved: Symptom = ({ kind, law }) =>
  (kind === 'deadlock' || kind === 'law') && law === LAW_SERVED;
/**
 * Starved while another client stays: that one sleeps on a futex until everybody has been served.
 */
const starvedByOneWhoStays: Symptom = (failure, model) =>
  starved(failure, model) && failure.message.includes('futexWait');
const starvedAlone: Symptom = (failure, model) =>
  starved(failure, model) && !starvedByOneWhoStays(failure, model);
/** Starved while the server is asleep in this call. */
const starvedBy =
  (call: string): Symptom =>
  (failure, model) =>
    starved(failure, model) &&
    failure.asleep?.some((where) => where.startsWith(`server ${call} `)) === true;
const starvedBySend = starvedBy('send');
const starvedByRecv = starvedBy('recv');
const gap: Symptom = (failure, model) =>
  broken(LAW_ECHO)(failure, model) && failure.message.includes('is not what it had sent');
const tailMissing: Symptom = (failure, model) =>
  broken(LAW_ECHO)(failure, model) && failure.message.includes('met the end of the stream');

/** A client met an error of the network's although no fault had struck it. */
const shutOut: Symptom = (failure, model) =>
  broken(LAW_ECHO)(failure, model) && /met (ECONN\w+|EPIPE) although/.test(failure.message);
const uncaught =
  (exception: RegExp): Symptom =>
  (failure, model) =>
    broken(LAW_CAUGHT)(failure, model) && exception.test(failure.message);
/** In a scenario of one kind, whose faults come first in the model. */
const about = (kind: ScenarioKind, model: Described): boolean => model.faults[0]?.scenario === kind;

/** How each fault of the table shows. */
const SYMPTOMS: Readonly<Record<number, Symptom>> = {
  1: (failure, model) =>
    (broken(LAW_MERGED_QUEUE)(failure, model) && failure.message.includes('never processed')) ||
    uncaught(/values to unpack|has no attribute/)(failure, model),
  2: starvedByOneWhoStays,
  3: diedOfReset,
  4: diedOf('EADDRINUSE'),
  5: (failure, model) =>
    diedOfNamed('UnicodeDecodeError')(failure, model) ||
    uncaught(/UnicodeDecodeError/)(failure, model) ||
    (tailMissing(failure, model) && ![9, 11].some((number) => has(model, number))),
  6: (failure, model) =>
    (broken(LAW_MERGED_QUEUE)(failure, model) && failure.message.includes('never processed')) ||
    uncaught(/UnicodeDecodeError/)(failure, model),
  7: broken(LAW_NO_SPIN),
  8: diedOfNamed('KeyError'),
  9: tailMissing,
  10: diedOfReset,
  11: (failure, model) =>
    gap(failure, model) ||
    (tailMissing(failure, model) && !has(model, 9)) ||
    (starved(failure, model) &&
      !starvedBySend(failure, model) &&
      !starvedByRecv(failure, model) &&
      ![24, 25, 28].some((number) => has(model, number))),
  12: broken(LAW_OWN_NAME),
  13: (failure, model) =>
    diedOf('EAGAIN')(failure, model) && (failure.error as SysError).syscall === 'send',
  14: diedOfReset,
  15: starvedByOneWhoStays,
  16: diedOfReset,
  17: diedOfNamed('KeyError'),
  // The reader that never wakes is all that is left, so nothing is waited for any more.
  18: broken(LAW_NO_SPIN),
  19: starvedBySend,
  20: broken(LAW_NO_LEAK),
  21: broken(LAW_OWN_ANSWER),
  22: broken(LAW_ORDERLY_END),
  23: broken(LAW_NO_ZOMBIE),
  24: (failure, model) =>
    (has(model, 2) || has(model, 15) ? starvedAlone : starved)(failure, model) ||
    broken(LAW_NO_LEAK)(failure, model),
  25: starved,
  26: uncaught(/ConnectionResetError|BrokenPipeError|not connected/),
  27: (failure, model) =>
    (diedOf('EAGAIN')(failure, model) && (failure.error as SysError).syscall === 'recv') ||
    (has(model, 16) && starvedByRecv(failure, model)),
  28: (failure, model) => starved(failure, model) || broken(LAW_NO_LEAK)(failure, model),
  29: (failure, model) =>
    diedOf('EMFILE')(failure, model) ||
    (diedOf('EAGAIN')(failure, model) && (failure.error as SysError).syscall === 'fork') ||
    diedOfNamed('RuntimeError')(failure, model),
  30: starved,
  31: shutOut,
  32: (failure, model) =>
    diedOf('EBADF')(failure, model) || tailMissing(failure, model) || shutOut(failure, model),
  33: broken(LAW_HELD),
  34: diedOfNamed('ValueError'),
  35: broken(LAW_WHOLE_LINES),
  36: (failure, model) =>
    about('log', model) &&
    (starved(failure, model) ||
      shutOut(failure, model) ||
      tailMissing(failure, model) ||
      (diedOf('EPIPE')(failure, model) && (failure.error as SysError).syscall === 'write')),
  // On Linux who is not let in may wait longer than a run.
  37: (failure, model) =>
    broken(LAW_LET_IN)(failure, model) || (about('burst', model) && failure.kind === 'deadlock'),
  38: ({ kind, asleep }) =>
    kind === 'deadlock' && asleep?.some((where) => where.startsWith('clients recv ')) === true,
  39: broken(LAW_NO_STALL),
  40: broken(LAW_HELD),
  41: (failure, model) =>
    gap(failure, model) ||
    tailMissing(failure, model) ||
    starved(failure, model) ||
    shutOut(failure, model) ||
    diedOf('EBADF')(failure, model),
  42: (failure, model) =>
    broken(LAW_DURABLE)(failure, model) && failure.message.includes('was said to be saved'),
  43: broken(LAW_ATOMIC_REPLACE),
  44: (failure, model) =>
    broken(LAW_DURABLE)(failure, model) && failure.message.includes('which nobody has saved'),
};

/** The numbers of the known faults that this failure may be; empty when it is none of them. */
export function identify(model: Described, failure: Failure): number[] {
  return model.faults
    .map(({ number }) => number)
    .filter((number) => SYMPTOMS[number]?.(failure, model) ?? false);
}

/**
 * Whether another failure shows the same fault: it may do so in several ways, and the simplest is
 * what one wants to see. One that is no known fault is the same when its signature is.
 */
export function sameFault(model: Described, failure: Failure): (other: Failure) => boolean {
  const [fault] = identify(model, failure);
  return (other) =>
    fault === undefined
      ? other.signature === failure.signature
      : identify(model, other)[0] === fault;
}

/** What is known of a scenario when another failure of it is met. */
export interface KnownSoFar {
  /** The faults that it can show; none where it should not fail at all. */
  readonly expects: readonly number[];
  /** Those of them that no failure has shown yet. */
  readonly lost: readonly number[];
  /** A failure with the signature of this one has been told. */
  readonly isKnown: boolean;
}

/**
 * Whether a failure is to be told, given the faults that it may be: one that shows a fault which is
 * still looked for, or is none of the table and new. Where nothing may fail every new one is.
 */
export function isNews(faults: readonly number[], { expects, lost, isKnown }: KnownSoFar): boolean {
  if (expects.length === 0 || faults.length === 0) return !isKnown;
  return faults.some((fault) => lost.includes(fault));
}
