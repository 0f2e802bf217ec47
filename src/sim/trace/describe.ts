import {
  F_GETFL,
  F_SETFL,
  F_SETOWN,
  O_ASYNC,
  O_NONBLOCK,
  pollMaskText,
} from '../../sys/constants.ts';
import { errnoCode } from '../../sys/errno.ts';
import type { CellAccess, Condition, ConditionWait, Mutex } from '../../sys/memory.ts';
import { OP } from '../../sys/ops.ts';
import type {
  Accepted,
  Address,
  EpollEvent,
  Outgoing,
  PollEntry,
  PollReady,
  Received,
  RingCompletion,
  RingEntry,
  SelectReady,
  SelectSets,
  TimerSpec,
} from '../../sys/sys.ts';
import { BELOW_ZERO, type Syscall } from '../../sys/syscall.ts';
import { addressText } from '../kernel/addresses.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import type { Happening } from '../kernel/happening.ts';
import type { TraceStep } from './recorder.ts';

const PREVIEW_BYTES_MAX = 24;
/** What is printed is for people. */
const PRINTED_BYTES_MAX = 48;

/** Bytes as text in quotes where they can be read, else as `16 B 00ff…`. */
export function bytesText(bytes: Uint8Array, bytesMax: number = PREVIEW_BYTES_MAX): string {
  if (bytes.length === 0) return '0 B';
  const head = bytes.subarray(0, bytesMax);
  const more = bytes.length > head.length ? '…' : '';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: more === '' }).decode(head);
  } catch {
    text = '\0';
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (!/[\x00-\x08\x0b-\x1f\x7f\ufffd]/.test(text)) {
    const size = more === '' ? '' : ` (${bytes.length} B)`;
    return `${JSON.stringify(text + more)}${size}`;
  }
  const hex = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${bytes.length} B ${hex}${bytes.length > 8 ? '…' : ''}`;
}

const ERROR_LINE_MAX = 64;

/** What a program complains of: the last line says what it was, as in Python's tracebacks. */
function lastLineText(bytes: Uint8Array): string {
  const lines = new TextDecoder().decode(bytes).trimEnd().split('\n');
  const last = (lines.at(-1) as string).trim();
  // `Task exception was never retrieved: ValueError: too many values` ends with what matters.
  const [, error = last] = /: (\w+: .*)$/.exec(last) ?? [];
  const cut = error.length > ERROR_LINE_MAX ? `${error.slice(0, ERROR_LINE_MAX)}…` : error;
  return JSON.stringify(lines.length > 1 || error !== last ? `…${cut}` : cut);
}

function flagsText(flags: number): string {
  const names = [flags & O_NONBLOCK ? 'O_NONBLOCK' : '', flags & O_ASYNC ? 'O_ASYNC' : ''];
  return names.filter((name) => name !== '').join('|') || '0';
}

/** What arrives, and between whom: `SYN a:1→b:2`, `a:1→b:2 data`. */
export function happeningText(happening: Happening): string {
  switch (happening.kind) {
    case 'SYN':
    case 'UDP':
      return `${happening.kind} ${happening.from}→${happening.to}`;
    case 'signal':
      return `${happening.signal} to ${happening.process}`;
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
  const { name, a0, a1, a2, data } = call;
  switch (call.op) {
    case OP.socket: {
      const { family, type } = data as { family: string; type: string };
      return `socket ${family} ${type}`;
    }
    case OP.bind:
      return `bind fd ${a0} to ${addressText(data as Address)}`;
    case OP.connect:
      return data === null
        ? `connect fd ${a0} to nothing`
        : `connect fd ${a0} to ${addressText(data as Address)}`;
    case OP.write:
      if (a0 === 2) return `write fd 2 ${lastLineText(data as Uint8Array)}`;
      return `write fd ${a0} ${bytesText(data as Uint8Array, a0 === 1 ? PRINTED_BYTES_MAX : undefined)}`;
    case OP.send:
      return `send fd ${a0} ${bytesText(data as Uint8Array)}`;
    case OP.shutdown:
      return `shutdown fd ${a0} ${['', 'rd', 'wr', 'rdwr'][a1]}`;
    case OP.getsockopt:
    case OP.setsockopt:
      return `${name} fd ${a0} ${String(data)}${call.op === OP.setsockopt ? ` ${a1}` : ''}`;
    case OP.dup2:
    case OP.dup3:
      return `${name} fd ${a0} to ${a1}`;
    case OP.fcntl:
      if (a1 === F_GETFL) return `fcntl fd ${a0} F_GETFL`;
      if (a1 === F_SETFL) return `fcntl fd ${a0} F_SETFL ${flagsText(a2)}`;
      if (a1 === F_SETOWN) return `fcntl fd ${a0} F_SETOWN ${a2}`;
      return `fcntl fd ${a0} ${a1}`;
    case OP.select: {
      const { read, write, except } = data as SelectSets;
      const sets = [
        read?.length ? `read ${read.join(',')}` : '',
        write?.length ? `write ${write.join(',')}` : '',
        except?.length ? `except ${except.join(',')}` : '',
      ];
      return `select ${sets.filter((set) => set !== '').join(' ')}${timeoutText(a0)}`;
    }
    case OP.poll:
      return `poll ${(data as PollEntry[]).map(({ fd, events }) => `${fd}:${pollMaskText(events)}`).join(' ')}${timeoutText(a0)}`;
    case OP.epollCtl: {
      const op = ['', 'add', 'del', 'mod'][a1];
      const mask = op === 'del' ? '' : ` ${pollMaskText((data as EpollEvent).events)}`;
      return `epollCtl fd ${a0} ${op} fd ${a2}${mask}`;
    }
    case OP.epollWait:
      return `epollWait fd ${a0}${timeoutText(a2)}`;
    case OP.nanosleep:
      return `nanosleep ${a0 / 1e6} ms`;
    case OP.futexWait:
      return `futexWait word ${a0} = ${a1}${timeoutText(a2)}`;
    case OP.futexWake:
      return `futexWake word ${a0}, ${a1 >= 0x7fffffff ? 'all' : a1}`;
    case OP.spawn:
    case OP.fork:
      return `${name} ${(data as { name: string }).name}`;
    case OP.join:
      return `join task ${a0}`;
    case OP.exit:
      return `exit ${a0}`;
    case OP.pipe:
    case OP.socketpair:
    case OP.eventfd:
    case OP.epollCreate:
    case OP.clockGettime:
    case OP.schedYield:
    case OP.gettid:
    case OP.getpid:
      return name;
    case OP.waitpid:
      return `waitpid ${a0}`;
    case OP.timerfdCreate:
      return name;
    case OP.timerfdSettime: {
      const { valueMs, intervalMs, absolute } = data as TimerSpec;
      const every = intervalMs > 0 ? `, every ${intervalMs} ms` : '';
      return `${name} fd ${a0} ${absolute ? 'at' : 'in'} ${valueMs} ms${every}`;
    }
    case OP.open:
    case OP.memfdCreate:
    case OP.unlink:
      return `${name} ${data as string}`;
    case OP.sendto: {
      const { bytes, address } = data as Outgoing;
      const to = address === null ? '' : ` to ${addressText(address)}`;
      return `sendto fd ${a0} ${bytesText(bytes)}${to}`;
    }
    case OP.kill:
      return `kill ${a0} signal ${a1}`;
    case OP.sigaction:
      return `sigaction ${a0} ${typeof data === 'string' ? data : 'handler'}`;
    case OP.exec:
      return `exec ${(data as { readonly name: string }).name}`;
    case OP.ringSetup:
      return `ringSetup ${a0}`;
    case OP.ringSubmit: {
      const entries = (data as readonly RingEntry[]).map(({ op }) => op);
      return `ringSubmit fd ${a0} ${entries.join(', ')}`;
    }
    case OP.ringWait:
      return `ringWait fd ${a0} for ${a1}${timeoutText(a2)}`;
    case OP.load:
    case OP.update:
      return `${name} ${(data as CellAccess).cell.name}`;
    case OP.store: {
      const { cell, argument } = data as CellAccess;
      return `store ${cell.name} = ${valueText(argument)}`;
    }
    case OP.lock:
    case OP.unlock:
      return `${name} ${(data as Mutex).name}`;
    case OP.condWait:
      return `condWait ${(data as ConditionWait).condition.name}`;
    case OP.condSignal:
      return `${a0 === 1 ? 'condSignal' : 'condBroadcast'} ${(data as Condition).name}`;
    default:
      return `${name} fd ${a0}`;
  }
}

/** What a cell holds, in short. */
export function valueText(value: unknown): string {
  const text = typeof value === 'object' ? (JSON.stringify(value) ?? '{}') : String(value);
  return text.length > PREVIEW_BYTES_MAX ? `${text.slice(0, PREVIEW_BYTES_MAX)}…` : text;
}

function timeoutText(timeoutNs: number): string {
  return timeoutNs < 0 ? '' : `, at most ${timeoutNs / 1e6} ms`;
}

/** What a syscall gave: `fd 5`, `"abc"`, `end of stream`, `EAGAIN`, `sleeps`. */
export function resultText(call: Syscall<unknown>, result: unknown): string {
  if (result === BLOCKED) return call.op === OP.exit ? '' : 'sleeps';
  if (result === BELOW_ZERO) return String(call.progress);
  if (call.op === OP.load || call.op === OP.update) return valueText(result);
  if (typeof result === 'number') {
    if (result < 0) return errnoCode(-result);
    switch (call.op) {
      case OP.socket:
      case OP.epollCreate:
      case OP.eventfd:
      case OP.timerfdCreate:
      case OP.open:
      case OP.memfdCreate:
      case OP.ringSetup:
      case OP.dup:
      case OP.dup2:
      case OP.dup3:
        return `fd ${result}`;
      case OP.send:
      case OP.write: {
        const offered = (call.data as Uint8Array).length;
        return result < offered ? `${result} of ${offered} B` : `${result} B`;
      }
      case OP.sendto:
      case OP.lseek:
      case OP.ringSubmit:
        return String(result);
      case OP.getsockopt:
        return call.data === 'SO_ERROR' && result > 0 ? errnoCode(result) : String(result);
      case OP.clockGettime:
        return `${result} ms`;
      case OP.fork:
        return `pid ${result}`;
      case OP.spawn:
        return `task ${result}`;
      case OP.futexWake:
      case OP.ioctl:
      case OP.fcntl:
      case OP.gettid:
      case OP.getpid:
        return String(result);
      default:
        return 'ok';
    }
  }
  if (result instanceof Uint8Array)
    return result.length === 0 ? 'end of stream' : bytesText(result);
  switch (call.op) {
    case OP.accept: {
      const { fd, address } = result as Accepted;
      return `fd ${fd}  ← ${addressText(address)}`;
    }
    case OP.pipe:
    case OP.socketpair:
      return (result as number[]).map((fd) => `fd ${fd}`).join(', ');
    case OP.select: {
      const { read, write, except } = result as SelectReady;
      if (read.length + write.length + except.length === 0) return 'time is up';
      return [
        read.length ? `read ${read.join(',')}` : '',
        write.length ? `write ${write.join(',')}` : '',
        except.length ? `except ${except.join(',')}` : '',
      ]
        .filter((set) => set !== '')
        .join(' ');
    }
    case OP.poll:
      return (
        (result as PollReady[])
          .map(({ fd, revents }) => `${fd}:${pollMaskText(revents)}`)
          .join(' ') || 'time is up'
      );
    case OP.epollWait:
      return (
        (result as EpollEvent[])
          .map(({ events, data }) => `${data}:${pollMaskText(events)}`)
          .join(' ') || 'time is up'
      );
    case OP.getsockname:
    case OP.getpeername:
      return addressText(result as Address);
    case OP.recvfrom: {
      const { bytes, address } = result as Received;
      return `${bytesText(bytes)}${address === null ? '' : ` from ${addressText(address)}`}`;
    }
    case OP.timerfdSettime:
    case OP.timerfdGettime:
      return `${(result as TimerSpec).valueMs} ms left`;
    case OP.ringWait: {
      const seen = (result as RingCompletion[]).map(({ data, result: code, bytes }) => {
        const what = code < 0 ? errnoCode(-code) : bytes === undefined ? code : bytesText(bytes);
        return `${data}: ${what}`;
      });
      return seen.length === 0 ? 'nothing' : seen.join(', ');
    }
    default:
      return JSON.stringify(result) ?? '';
  }
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
    case 'begun':
      return choice === 0 ? 'was asleep in it' : 'had not begun';
    case 'listener':
      return `listener ${choice + 1}`;
    default:
      if (choice === 0) return `no fault ${kind}`;
      return `fault ${kind}${arity > 2 ? ` (${choice})` : ''}`;
  }
}
