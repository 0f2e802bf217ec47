/** One planted mistake: a line of the simulated kernel, and what stands in its place. */
export interface Mutant {
  /** What the kernel does wrong now. */
  readonly what: string;
  /** Below src/sim/kernel. */
  readonly file: string;
  /** The whole line without its indentation; it has to occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

const tcp: readonly Mutant[] = [
  {
    what: 'TCP: more data on top of unread data makes no edge',
    file: 'tcp.ts',
    find: 'this.#received.push(chunk);',
    replace: 'this.#received.push(chunk); if (this.#received.length > chunk.length) return;',
  },
  {
    what: 'TCP: FIN alone is HUP',
    file: 'tcp.ts',
    find: "if (this.shut === SHUT_RDWR || this.state === 'CLOSE') mask |= POLLHUP;",
    replace: "if ((this.shut & SHUT_RD) !== 0 || this.state === 'CLOSE') mask |= POLLHUP;",
  },
  {
    what: 'TCP: both directions shut is not HUP before the connection has ended',
    file: 'tcp.ts',
    find: "if (this.shut === SHUT_RDWR || this.state === 'CLOSE') mask |= POLLHUP;",
    replace: "if (this.state === 'CLOSE') mask |= POLLHUP;",
  },
  {
    what: 'TCP: a fresh socket is not HUP',
    file: 'tcp.ts',
    find: "if (this.shut === SHUT_RDWR || this.state === 'CLOSE') mask |= POLLHUP;",
    replace: 'if (this.shut === SHUT_RDWR) mask |= POLLHUP;',
  },
  {
    what: 'TCP: FIN is not RDHUP',
    file: 'tcp.ts',
    find: 'if ((this.shut & SHUT_RD) !== 0) mask |= READABLE | POLLRDHUP;',
    replace: 'if ((this.shut & SHUT_RD) !== 0) mask |= READABLE;',
  },
  {
    what: 'TCP: close with unread data sends FIN instead of RST',
    file: 'tcp.ts',
    find: 'if (this.bytesQueued > 0 || this.options.lingerSeconds === 0) {',
    replace: 'if (this.options.lingerSeconds === 0) {',
  },
  {
    what: 'TCP: close with SO_LINGER 0 sends FIN instead of RST',
    file: 'tcp.ts',
    find: 'if (this.bytesQueued > 0 || this.options.lingerSeconds === 0) {',
    replace: 'if (this.bytesQueued > 0) {',
  },
  {
    what: 'TCP: recv says ECONNRESET again and again',
    file: 'tcp.ts',
    find: 'if (this.error !== 0) return -this.takeError();',
    replace: 'if (this.error !== 0) return -this.error;',
  },
  {
    what: 'TCP: RST after FIN is ECONNRESET instead of EPIPE',
    file: 'tcp.ts',
    find: "this.error = this.state === 'CLOSE_WAIT' ? EPIPE : errno;",
    replace: 'this.error = errno;',
  },
  {
    what: 'TCP: recv tells of an RST that came after FIN',
    file: 'tcp.ts',
    find: 'if (this.finReceived) return EMPTY;',
    replace: 'if (this.finReceived && this.error === 0) return EMPTY;',
  },
  {
    what: 'TCP: recv of no bytes from an empty socket gives none instead of EAGAIN',
    file: 'tcp.ts',
    find: 'if (this.finReceived) return EMPTY;',
    replace: 'if (this.finReceived || bytesMax === 0) return EMPTY;',
  },
  {
    what: 'TCP: EINPROGRESS is missing, a non-blocking connect is done at once',
    file: 'tcp.ts',
    find: 'return -EINPROGRESS;',
    replace: 'return this.connectOutcome();',
  },
  {
    what: 'TCP: the second connect says EISCONN instead of 0',
    file: 'tcp.ts',
    find: "return this.state === 'SYN_SENT' ? -EALREADY : this.connectOutcome();",
    replace: "return this.state === 'SYN_SENT' ? -EALREADY : this.connectOutcome() || -EISCONN;",
  },
  {
    what: 'TCP: shutdown(RD) throws away what was received',
    file: 'tcp.ts',
    find: "if (this.state === 'CLOSE') result = -ENOTCONN;",
    replace:
      "if (this.state === 'CLOSE') result = -ENOTCONN; else if ((how & SHUT_RD) !== 0) this.#received?.clear();",
  },
  {
    what: 'TCP: a shutdown that fails leaves no trace',
    file: 'tcp.ts',
    find: "if (this.state === 'CLOSE') result = -ENOTCONN;",
    replace: "if (this.state === 'CLOSE') return -ENOTCONN;",
  },
  {
    what: 'TCP: a backlog of n takes n connections instead of n + 1',
    file: 'tcp.ts',
    find: "return this.state === 'LISTEN' ? this.backlog + 1 - this.acceptQueueLength : 0;",
    replace: "return this.state === 'LISTEN' ? this.backlog - this.acceptQueueLength : 0;",
  },
  {
    what: 'TCP: a connection that was reset in the queue is not accepted any more',
    file: 'tcp.ts',
    find: 'const socket = this.#listening?.queue.shift();',
    replace:
      'let socket = this.#listening?.queue.shift(); while (socket?.error) socket = this.#listening?.queue.shift();',
  },
  {
    what: 'TCP: a sender that met a full buffer gets no OUT edge',
    file: 'tcp.ts',
    find: 'if (!this.noSpace) return;',
    replace: 'return;',
  },
  {
    what: 'TCP: an accepted socket inherits O_NONBLOCK',
    file: 'calls/sockets.ts',
    find: 'kernel.install(task.process, incoming.socket, O_RDWR, call.a1, fd);',
    replace:
      'kernel.install(task.process, incoming.socket, O_RDWR, call.a1 | (isNonblocking(task, description) ? 1 : 0), fd);',
  },
];

const pipes: readonly Mutant[] = [
  {
    what: 'pipe: end of file is IN',
    file: 'pipe.ts',
    find: 'return (buffer.length > 0 ? READABLE : 0) | (buffer.writers === 0 ? POLLHUP : 0);',
    replace:
      'return (buffer.length > 0 ? READABLE : 0) | (buffer.writers === 0 ? POLLHUP | READABLE : 0);',
  },
  {
    what: 'pipe: more data on top of unread data makes no edge',
    file: 'pipe.ts',
    find: 'if (wasEmpty || buffer.polled) this.other?.waits.wake(READABLE);',
    replace: 'if (wasEmpty) this.other?.waits.wake(READABLE);',
  },
  {
    what: 'pipe: OUT as soon as there is room for a byte',
    file: 'pipe.ts',
    find: 'return (buffer.full ? 0 : WRITABLE) | (buffer.readers === 0 ? POLLERR : 0);',
    replace:
      'return (buffer.length >= buffer.bytesMax ? 0 : WRITABLE) | (buffer.readers === 0 ? POLLERR : 0);',
  },
  {
    what: 'pipe: a writer without readers is HUP instead of ERR',
    file: 'pipe.ts',
    find: 'return (buffer.full ? 0 : WRITABLE) | (buffer.readers === 0 ? POLLERR : 0);',
    replace: 'return (buffer.full ? 0 : WRITABLE) | (buffer.readers === 0 ? POLLHUP : 0);',
  },
  {
    what: 'pipe: read of no bytes from an empty pipe is EAGAIN',
    file: 'pipe.ts',
    find: 'if (bytesMax === 0) return EMPTY;',
    replace: '',
  },
];

const unix: readonly Mutant[] = [
  {
    what: 'unix: more data on top of unread data makes no edge',
    file: 'unix-stream.ts',
    find: 'peer.#received.push(copyPayload(bytes, at, size), at === end);',
    replace:
      'peer.#received.push(copyPayload(bytes, at, size), at === end); if (peer.bytesQueued > size) return size;',
  },
  {
    what: 'unix: a sender hears nothing when its data is consumed',
    file: 'unix-connection.ts',
    find: 'if (this.writable) this.waits.wake(WRITABLE_BANDS);',
    replace: '',
  },
  {
    what: 'unix: shutdown(RD) does not stop the peer from sending',
    file: 'unix-connection.ts',
    find: 'if ((how & SHUT_RD) !== 0) peer.shut |= SHUT_WR;',
    replace: '',
  },
  {
    what: 'unix: close with unread data is no reset',
    file: 'unix-connection.ts',
    find: 'if (withReset) peer.error = ECONNRESET;',
    replace: '',
  },
  {
    what: 'unix: the end of the peer is not HUP',
    file: 'unix-connection.ts',
    find: 'peer.shut = SHUT_RDWR;',
    replace: 'peer.shut |= SHUT_RD;',
  },
];

const eventfd: readonly Mutant[] = [
  {
    what: 'eventfd: a write on top of an unread count makes no edge',
    file: 'eventfd.ts',
    find: 'this.#count = count;',
    replace: 'this.#count = count; if (this.#count > added) return WORD_BYTES;',
  },
  {
    what: 'eventfd: a read makes no OUT edge',
    file: 'eventfd.ts',
    find: 'this.waits.wake(POLLOUT);',
    replace: '',
  },
  {
    what: 'eventfd: a semaphore hands out its whole count',
    file: 'eventfd.ts',
    find: 'const given = this.#semaphore ? 1 : this.#count;',
    replace: 'const given = this.#count;',
  },
];

const epoll: readonly Mutant[] = [
  {
    what: 'epoll: an edge is derived from the mask, not from the wake-up',
    file: 'epoll.ts',
    find: 'if (key !== 0 && (key & this.events) === 0) return false;',
    replace:
      'if (key !== 0 && (key & this.events) === 0) return false; const then = (this as { then?: number }).then; (this as { then?: number }).then = this.readiness; if ((this.events & EPOLLET) !== 0 && then === this.readiness) return false;',
  },
  {
    what: 'epoll: an edge reports only what has come, not all that is ready',
    file: 'epoll.ts',
    find: 'reported.push(item.report(events));',
    replace:
      'reported.push(item.report((item.events & EPOLLET) !== 0 && (events & POLLIN) !== 0 ? events & ~POLLOUT : events));',
  },
  {
    what: 'epoll: level-triggered entries are reported once',
    file: 'epoll.ts',
    find: 'if ((item.events & (EPOLLONESHOT | EPOLLET)) === 0) this.#link(item);',
    replace: '',
  },
  {
    what: 'epoll: EPOLLET entries are reported as long as they are ready',
    file: 'epoll.ts',
    find: 'if ((item.events & (EPOLLONESHOT | EPOLLET)) === 0) this.#link(item);',
    replace: 'if ((item.events & EPOLLONESHOT) === 0) this.#link(item);',
  },
  {
    what: 'epoll: events come in the order of descriptors',
    file: 'epoll.ts',
    find: 'if (this.#readyHead !== null) this.sleepers.wake(POLLIN);',
    replace:
      'if (this.#readyHead !== null) this.sleepers.wake(POLLIN); reported.sort((a, b) => a.data - b.data);',
  },
  {
    what: 'epoll: a fired ONESHOT still reports HUP and ERR',
    file: 'epoll.ts',
    find: 'if ((this.events & EPOLLONESHOT) !== 0) this.events &= PRIVATE_BITS;',
    replace:
      'if ((this.events & EPOLLONESHOT) !== 0) this.events = (this.events & PRIVATE_BITS) | POLLERR | POLLHUP;',
  },
  {
    what: 'epoll: MOD does not report what is ready already',
    file: 'epoll.ts',
    find: 'item.data = data;',
    replace: 'item.data = data; return 0;',
  },
  {
    what: 'epoll: MOD forgets that HUP and ERR are always reported',
    file: 'epoll.ts',
    find: 'item.events = asked | POLLERR | POLLHUP;',
    replace: 'item.events = asked;',
  },
  {
    what: 'epoll: entries are found by number alone',
    file: 'epoll.ts',
    find: 'while (item !== null && item.description !== description) item = item.nextOfNumber;',
    replace: '',
  },
  {
    what: 'epoll: a watched epoll is readable although nothing in it is ready any more',
    file: 'epoll.ts',
    find: 'if (this.#readyHead.readiness !== 0) return READABLE;',
    replace: 'return READABLE;',
  },
  {
    what: 'epoll: closing a number ends its watch although a duplicate is left',
    file: 'descriptors.ts',
    find: 'description.drop();',
    replace:
      'for (let item = description.epollItems; item !== null; item = item.nextOfDescription) { if (item.fd === fd) item.remove(); } description.drop();',
  },
];

const waiting: readonly Mutant[] = [
  {
    what: 'poll: a closed number is passed over instead of NVAL',
    file: 'calls/polling.ts',
    find: 'description === null ? POLLNVAL : description.file.poll() & (events | ALWAYS_REPORTED);',
    replace: 'description === null ? 0 : description.file.poll() & (events | ALWAYS_REPORTED);',
  },
  {
    what: 'poll: what it sleeps on may go away under it',
    file: 'task.ts',
    find: 'for (const { description } of watched) description.references++;',
    replace: '',
  },
  {
    what: 'select: an error is not readable',
    file: 'readiness.ts',
    find: 'export const READABLE_SET: number = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;',
    replace: 'export const READABLE_SET: number = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP;',
  },
  {
    what: 'select: a closed number is passed over instead of EBADF',
    file: 'calls/polling.ts',
    find: 'const look = (fds: readonly number[], mask: number): number[] | number => {',
    replace:
      'const look = (all: readonly number[], mask: number): number[] | number => { const fds = all.filter((fd) => table.get(fd) !== null);',
  },
  {
    what: 'poll: HUP and ERR only if asked for',
    file: 'calls/polling.ts',
    find: 'const ALWAYS_REPORTED = POLLERR | POLLHUP;',
    replace: 'const ALWAYS_REPORTED = 0;',
  },
  {
    what: 'select: HUP is not readable',
    file: 'readiness.ts',
    find: 'export const READABLE_SET: number = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;',
    replace: 'export const READABLE_SET: number = POLLRDNORM | POLLRDBAND | POLLIN | POLLERR;',
  },
];

const descriptors: readonly Mutant[] = [
  {
    what: 'descriptors: closing the last one leaves it in epoll',
    file: 'file.ts',
    find: 'this.file.waits.descriptionGone(this);',
    replace: '',
  },
];

const datagrams: readonly Mutant[] = [
  {
    what: 'UDP: a refusal is told to whoever has sent, connected or not',
    file: 'udp.ts',
    find: 'if (peer === null || peer.host !== address.host) return;',
    replace: 'if (peer === null) { this.#error = ECONNREFUSED; return; }',
  },
  {
    what: 'UDP: a refusal is no error',
    file: 'udp.ts',
    find: 'this.#error = ECONNREFUSED;',
    replace: '',
  },
  {
    what: 'UDP: a shutdown that fails leaves no trace',
    file: 'udp.ts',
    find: 'this.#shut |= how;',
    replace: 'if (this.peer === null) return -ENOTCONN; this.#shut |= how;',
  },
  {
    what: 'UDP: a send that fails binds nothing',
    file: 'udp.ts',
    find: 'if (bytes.length > 0xffff) return -EMSGSIZE;',
    replace:
      'if (address === null && this.peer === null) { this.network.released(this); return -EDESTADDRREQ; }',
  },
  {
    what: 'UDP: what is left of a datagram can be read afterwards',
    file: 'udp.ts',
    find: 'this.#bytesQueued -= bytes.length;',
    replace:
      'this.#bytesQueued -= bytes.length; if (bytes.length > bytesMax) this.#received.unshift({ bytes: bytes.slice(bytesMax), from });',
  },
  {
    what: 'unix dgram: who is connected hears nothing of a receiver that is gone',
    file: 'unix-datagram.ts',
    find: 'if (to.#closed) {',
    replace: 'if (to.#closed) return bytes.length; if (to.#closed) {',
  },
  {
    what: 'unix dgram: anybody may send to one that is connected elsewhere',
    file: 'unix-datagram.ts',
    find: 'if (to.#peer !== null && to.#peer !== this) return -EPERM;',
    replace: '',
  },
  {
    what: 'unix seqpacket: a message that is longer than asked for is read on',
    file: 'unix-seqpacket.ts',
    find: 'this.#received.shift();',
    replace:
      'if (message.length > bytesMax) { this.#received[0] = message.slice(bytesMax); return message.slice(0, bytesMax); } this.#received.shift();',
  },
  {
    what: 'unix seqpacket: a send that finds no peer says ENOTCONN instead of EPIPE',
    file: 'unix-seqpacket.ts',
    find: 'if (this.peer === null || (this.shut & SHUT_WR) !== 0) return -EPIPE;',
    replace:
      'if (this.peer === null) return -ENOTCONN; if ((this.shut & SHUT_WR) !== 0) return -EPIPE;',
  },
];

const files: readonly Mutant[] = [
  {
    what: 'lseek: a place that is none is ESPIPE where there is no place',
    file: 'calls/files.ts',
    find: 'if (call.a2 < SEEK_SET || call.a2 > SEEK_END) return -EINVAL;',
    replace: '',
  },
  {
    what: 'listen: a negative backlog is none',
    file: 'socket.ts',
    find: 'return asked < 0 ? SOMAXCONN : asked;',
    replace: 'return Math.max(0, asked);',
  },
  {
    what: 'poll: AF_UNIX and UDP do not say WRBAND',
    file: 'readiness.ts',
    find: 'export const WRITABLE_BANDS: number = WRITABLE | POLLWRBAND;',
    replace: 'export const WRITABLE_BANDS: number = WRITABLE;',
  },
];

const disk: readonly Mutant[] = [
  {
    what: 'disk: a file that is replaced keeps its name',
    file: 'disk.ts',
    find: 'if (before !== undefined) before.names--;',
    replace: '',
  },
  {
    what: 'disk: rename over another name of the same file takes the old one away',
    file: 'disk.ts',
    find: 'if (target === inode) return 0;',
    replace: '',
  },
  {
    what: 'disk: a directory moves into itself',
    file: 'disk.ts',
    find: 'if (inode instanceof Directory && isWithin(found.parent, inode)) return -EINVAL;',
    replace: '',
  },
  {
    what: 'disk: O_APPEND does not hold for pwrite',
    file: 'calls/files.ts',
    find: 'const appends = (flags & O_APPEND) !== 0 && file instanceof RegularFile;',
    replace: 'const appends = false;',
  },
  {
    what: 'disk: flock keeps the old lock where the new one cannot be had',
    file: 'calls/files.ts',
    find: 'locks.drop(owner);',
    replace: 'if (kind === LOCK_UN) locks.drop(owner);',
  },
];

const timers: readonly Mutant[] = [
  {
    what: 'timerfd: a moment that lies behind never comes',
    file: 'timerfd.ts',
    find: 'if (dueNs <= nowNs) this.#runOutSince(dueNs);',
    replace: 'if (dueNs <= nowNs) return before;',
  },
  {
    what: 'timerfd: setting it again keeps what was not read',
    file: 'timerfd.ts',
    find: 'if (this.#timer.armed) timers.disarm(this.#timer);',
    replace:
      'if (this.#timer.armed) timers.disarm(this.#timer); if (this.#ticks > 0 && valueMs === 0) return before;',
  },
  {
    what: 'timerfd: a read of fewer than 8 bytes gives what it can',
    file: 'timerfd.ts',
    find: 'if (bytesMax < WORD_BYTES) return -EINVAL;',
    replace: '',
  },
];

const signals: readonly Mutant[] = [
  {
    what: 'SIGPIPE: MSG_NOSIGNAL does not keep it away',
    file: 'calls/io.ts',
    find: 'const quiet = call.op !== OP.write && (call.a1 & MSG_NOSIGNAL) !== 0;',
    replace: 'const quiet = false;',
  },
  {
    what: 'SIGPIPE: it does not come from streams of AF_UNIX',
    file: 'calls/io.ts',
    find: 'if (quiet || !file.signalsBrokenPipe) return false;',
    replace:
      "if (quiet || !description.file.signalsBrokenPipe || description.file.type === 'unix') return false;",
  },
];

const options: readonly Mutant[] = [
  {
    what: 'options: SO_ERROR is not cleared by asking',
    file: 'tcp-options.ts',
    find: 'return socket.takeError();',
    replace: 'return socket.error;',
  },
  {
    what: 'options: SO_RCVLOWAT does not keep sleepers asleep',
    file: 'tcp.ts',
    find: 'const enough = bytesQueued > 0 && bytesQueued >= this.receiveLowWater;',
    replace: 'const enough = bytesQueued > 0;',
  },
  {
    what: 'options: TCP_KEEPCNT takes any number',
    file: 'tcp-options.ts',
    find: "if (value < 1 || value > (option === 'TCP_KEEPCNT' ? 127 : 32_767)) return -EINVAL;",
    replace: 'if (value < 1 || value > 32_767) return -EINVAL;',
  },
];

/** Mistakes that are easily made; most are traps of the list in the kernel's reference. */
export const MUTANTS: readonly Mutant[] = [
  ...tcp,
  ...pipes,
  ...unix,
  ...eventfd,
  ...epoll,
  ...waiting,
  ...descriptors,
  ...datagrams,
  ...timers,
  ...files,
  ...disk,
  ...signals,
  ...options,
];
