import { errnoCode } from '../../sys/errno.ts';
import { BELOW_ZERO, type Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import { rowOf } from '../kernel/calls/table.ts';
import { bytesText } from '../kernel/calls/text.ts';
import type { Happening } from '../kernel/happening.ts';
import type { TraceStep } from './recorder.ts';

/** What arrives, and between whom: `SYN a:1→b:2`, `a:1→b:2 data`. */
export function happeningText(happening: Happening): string {
  switch (happening.kind) {
    case 'SYN':
    case 'UDP':
      return `${happening.kind} ${happening.from}→${happening.to}`;
    case 'signal':
      return `${happening.signal} to ${happening.process}`;
    case 'service': {
      const { service, call, phase } = happening;
      // A service that is a function has its name in the call.
      return `${call.startsWith(`${service}(`) ? '' : `${service} `}${call} ${phase}`;
    }
    case 'other':
      return happening.text;
    default:
      return `${happening.from}→${happening.to} ${happening.kind}`;
  }
}

/** What has arrived in a step, and between whom: `"ab" arrives, a:1→b:2`. */
export function arrivalText({
  event,
  arrived,
  did,
}: Pick<TraceStep, 'event' | 'arrived' | 'did'>): string {
  if (arrived.length === 0) return did;
  const landed = arrived.map(({ what, bytes }) => (bytes.length > 0 ? bytesText(bytes) : what));
  const path = event !== undefined && 'from' in event ? `, ${event.from}→${event.to}` : '';
  return `${[...new Set(landed)].join(', ')} arrives${path}`;
}

/** A syscall with what matters of its arguments: `recv fd 5`, `connect fd 4 to 127.0.0.1:7000`. */
export function callText(call: Syscall<unknown>): string {
  return rowOf(call).asked(call);
}

/** What a syscall gave: `fd 5`, `"abc"`, `end of stream`, `EAGAIN`, `sleeps`. */
export function resultText(call: Syscall<unknown>, result: unknown): string {
  const row = rowOf(call);
  if (result === BLOCKED) return row.neverReturns ? '' : 'sleeps';
  if (result === BELOW_ZERO) return String(call.progress);
  if (typeof result === 'number' && result < 0) return errnoCode(-result);
  return row.answered(call, result);
}

/**
 * What an alternative of a decision stands for: `3 of 5 B arrive`, `fault reset`. Who moves next
 * has a name of its own.
 */
export function alternativeText(
  kind: string,
  arity: number,
  choice: number,
  text?: string,
): string {
  if (text !== undefined) return text;
  switch (kind) {
    case 'deliver':
      return choice === 0 ? `all ${arity} B arrive` : `${choice} of ${arity} B arrive`;
    case 'latency':
      return choice === 0 ? 'as soon as it can' : `${choice} ms later`;
    case 'input':
      return String(choice);
    case 'swarm':
      return choice === 0 ? 'not active' : 'active';
    case 'crash':
      return choice === 0 ? 'the crash takes nothing of it' : `the crash takes it (${choice})`;
    case 'listener':
      return `listener ${choice + 1}`;
    case 'pick':
      return `case ${choice + 1}`;
    default:
      if (choice === 0) return `no fault ${kind}`;
      return `fault ${kind}${arity > 2 ? ` (${choice})` : ''}`;
  }
}
