import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC } from '../../../sys/constants.ts';
import { EBADF, ENOTSOCK } from '../../../sys/errno.ts';
import type { Outgoing, Received } from '../../../sys/sys.ts';
import { addressText } from '../addresses.ts';
import { isSocket } from '../socket.ts';
import { descriptionOf, INTERRUPTED_RESULT, isNonblocking, wasInterrupted } from './handler.ts';
import { cutOff, receive, recvParks, written } from './io.ts';
import { bytesAlike, type Row, row } from './row.ts';
import { bytesText } from './text.ts';
import { touchesEverything, writesFile } from './touches.ts';

/** sendto(2). A datagram goes as a whole; a stream takes what it can, as send(2) does. */
export const sendto: Row<Outgoing, number> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    if (description === null) return -EBADF;
    const { file } = description;
    if (!isSocket(file)) return -ENOTSOCK;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    const { bytes, address } = call.data;
    const blocking = !isNonblocking(task, description) && (call.a1 & MSG_DONTWAIT) === 0;
    const ended = cutOff(task, file);
    // Who was given an address looks for it again.
    const taken =
      (address === null ? ended : 0) || file.sendTo(bytes, call.progress, call.a1, address);
    return written(task, call, description, taken, bytes.length, blocking);
  },
  onSignal: 'restarts',
  sends: true,
  // Whoever is bound to the address may be meant.
  touches: touchesEverything,
  asked({ a0: fd, data: { bytes, address } }) {
    const to = address === null ? '' : ` to ${addressText(address)}`;
    return `sendto fd ${fd} ${bytesText(bytes)}${to}`;
  },
  answered: (_call, taken) => String(taken),
  waitsFor: (_task, { a0: fd }) => ({ what: 'room', fd }),
  effects: (_call, taken, into) => into.wrote(taken),
});

export const recvfrom: Row<undefined, Received> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    const bytes = receive(task, call);
    if (!(bytes instanceof Uint8Array)) return bytes;
    if (description === null) return -EBADF;
    const { file } = description;
    if (!isSocket(file)) return -ENOTSOCK;
    const { address, length } = file.lastMessage(bytes);
    const isUrgent = (call.a2 & MSG_OOB) !== 0 && !file.keepsMessages;
    const told = isUrgent || (call.a2 & MSG_TRUNC) !== 0 ? length : bytes.length;
    return { bytes, address, length: told };
  },
  parks: recvParks,
  onSignal: 'restarts',
  touches: writesFile,
  posted: 'reads',
  answered: (_call, { bytes, address }) =>
    `${bytesText(bytes)}${address === null ? '' : ` from ${addressText(address)}`}`,
  waitsFor: (_task, { a0: fd }) => ({ what: 'bytes', fd }),
  seen: (_call, { bytes }) => bytesAlike(bytes),
  addressIn: ({ address }) => address ?? undefined,
  effects({ a2: flags }, received, into) {
    const bytes = typeof received === 'number' ? received : received.bytes;
    into.read(bytes, (flags & MSG_PEEK) !== 0);
  },
});
