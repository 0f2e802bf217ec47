import type { CellAccess } from '../../../sys/memory.ts';
import { BELOW_ZERO } from '../../../sys/syscall.ts';
import { type Call, type Row, row } from './row.ts';
import { cellText } from './text.ts';

/** A number below zero would be taken for an errno. */
export function answer<T>(call: Call, value: T): T | number {
  if (typeof value !== 'number' || value >= 0 || Number.isNaN(value)) return value;
  call.progress = value;
  return BELOW_ZERO;
}

type Look = ((value: unknown) => unknown) | undefined;
type Change = (value: unknown) => unknown;

export const load: Row<CellAccess<Look>, unknown> = row({
  perform(_task, call) {
    const { cell, argument: look } = call.data;
    return answer(call, look === undefined ? cell.value : look(cell.value));
  },
  touches: (_task, { data: { cell } }, into) => into.read(cell),
  orders: (_task, { data: { cell } }, into) =>
    into.accesses(cell, { writes: false, atomic: false }),
  memory: ({ data: { cell } }) => [cell],
  asked: ({ data: { cell } }) => `load ${cell.name}`,
  answered: (_call, value) => cellText(value),
  askedAlike: ({ name }) => name,
  effects: ({ data: { cell } }, _answer, into) => into.took(cell),
});

export const store: Row<CellAccess<unknown>, number> = row({
  perform(_task, { data: { cell, argument } }) {
    cell.value = argument;
    return 0;
  },
  touches: (_task, { data: { cell } }, into) => into.write(cell),
  orders: (_task, { data: { cell } }, into) => into.accesses(cell, { writes: true, atomic: false }),
  memory: ({ data: { cell } }) => [cell],
  asked: ({ data: { cell, argument } }) => `store ${cell.name} = ${cellText(argument)}`,
  askedAlike: ({ name }) => name,
  effects({ data: { cell } }, _answer, into) {
    into.took(cell);
    into.left(cell);
  },
});

export const update: Row<CellAccess<Change>, unknown> = row({
  perform(_task, call) {
    const { cell, argument: change } = call.data;
    const before = cell.value;
    cell.value = change(before);
    return answer(call, before);
  },
  touches: (_task, { data: { cell } }, into) => into.write(cell),
  orders: (_task, { data: { cell } }, into) => into.accesses(cell, { writes: true, atomic: true }),
  memory: ({ data: { cell } }) => [cell],
  asked: ({ data: { cell } }) => `update ${cell.name}`,
  answered: (_call, value) => cellText(value),
  askedAlike: ({ name }) => name,
  effects: ({ data: { cell } }, _answer, into) => into.took(cell),
});
