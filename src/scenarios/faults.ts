/** Which known fault of a model a failure is, told by the failure alone. */
import type { Model } from '../models/model.ts';
import { LAW_ECHO } from '../sim/laws/echo.ts';
import { LAW_SERVED } from '../sim/laws/served.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { SysError } from '../sys/index.ts';

type Symptom = (failure: Failure) => boolean;

/** A task ended with one of these errors. */
function diedOf(...codes: readonly string[]): Symptom {
  return ({ kind, error }) =>
    kind === 'died' && error instanceof SysError && codes.includes(error.code);
}

const diedOfNamed =
  (name: string): Symptom =>
  ({ kind, error }) =>
    kind === 'died' && error instanceof Error && error.name === name;

const diedOfReset = diedOf('ECONNRESET', 'EPIPE', 'ENOTCONN');
const starved: Symptom = ({ kind, law }) =>
  (kind === 'deadlock' || kind === 'law') && law === LAW_SERVED;
const bytesLost: Symptom = (failure) =>
  starved(failure) || (failure.kind === 'law' && failure.law === LAW_ECHO);

/** How each fault of the table shows. */
const SYMPTOMS: Readonly<Record<number, Symptom>> = {
  2: starved,
  3: diedOfReset,
  5: diedOfNamed('UnicodeDecodeError'),
  11: bytesLost,
  13: (failure) => diedOf('EAGAIN')(failure) && (failure.error as SysError).syscall === 'send',
  14: diedOfReset,
};

/** The numbers of the known faults that this failure may be; empty when it is none of them. */
export function identify(model: Model, failure: Failure): number[] {
  return model.faults
    .map(({ number }) => number)
    .filter((number) => SYMPTOMS[number]?.(failure) ?? false);
}
