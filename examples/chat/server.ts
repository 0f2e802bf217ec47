import type { Sys } from 'heddle';

/** Who is in the room, by name: the descriptor of their connection. */
type Room = Map<string, number>;

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (line: string): Uint8Array => new TextEncoder().encode(line);

/**
 * A chat server. A client's first line is the name it wants to be known by; a name that is taken is
 * refused. What it says after that goes to everybody else in the room.
 *
 * `fixed` says whether the name is taken before anything is awaited: see README.md.
 */
export async function chatServer(sys: Sys, port: number, fixed: boolean): Promise<void> {
  const room: Room = new Map();
  const listener = await sys.socket('inet', 'stream');
  await sys.setsockopt(listener, 'SO_REUSEADDR', 1);
  await sys.bind(listener, { host: '127.0.0.1', port });
  await sys.listen(listener);
  for (;;) {
    const { fd } = await sys.accept(listener);
    await sys.spawn((its) => guest(its, fd, room, fixed), { name: 'guest' });
  }
}

async function guest(sys: Sys, fd: number, room: Room, fixed: boolean): Promise<void> {
  const lines = linesOf(sys, fd);
  const { value: name } = await lines.next();
  if (name !== undefined && (await enter(sys, fd, name, room, fixed))) {
    for await (const line of lines) await tell(sys, room, fd, `${name}: ${line}\n`);
    room.delete(name);
  }
  await sys.close(fd);
}

/** Whether it got the name. */
async function enter(
  sys: Sys,
  fd: number,
  name: string,
  room: Room,
  fixed: boolean,
): Promise<boolean> {
  if (room.has(name)) {
    await sys.send(fd, bytes('taken\n'));
    return false;
  }
  if (fixed) room.set(name, fd);
  // Whoever asks for the same name while this is being sent finds it free, unless it has been
  // entered before.
  await sys.send(fd, bytes(`welcome ${name}\n`));
  if (!fixed) room.set(name, fd);
  return true;
}

async function tell(sys: Sys, room: Room, from: number, line: string): Promise<void> {
  for (const fd of room.values()) if (fd !== from) await sys.send(fd, bytes(line));
}

/** The lines that come over a connection, however the bytes were cut on the way. */
export async function* linesOf(sys: Sys, fd: number): AsyncGenerator<string, undefined> {
  let rest = '';
  for (;;) {
    const end = rest.indexOf('\n');
    if (end >= 0) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
      continue;
    }
    const received = await sys.recv(fd, 1024);
    if (received.length === 0) return undefined;
    rest += text(received);
  }
}
