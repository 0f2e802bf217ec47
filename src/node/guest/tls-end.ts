import type { Socket } from 'node:net';
import type { Certified } from '../authority.ts';

/** The program of a thread that does nothing but {@link endTls}. */
export const TLS_END = 'heddle:tls';

/** On a third party's own host, behind the end of TLS. */
export const PORT_BEHIND_TLS = 44_300;
export const TLS_PORT = 443;

/** Takes TLS connections, and hands on what they carry to a port of the same host. */
export function endTls({ key, cert }: Certified): void {
  // As they are now: they may have been loaded again.
  const tls = process.getBuiltinModule('node:tls');
  const net = process.getBuiltinModule('node:net');
  const link = (from: Socket, to: Socket): void => {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  };
  tls
    .createServer({ key, cert }, (client) => {
      const behind = net.connect(PORT_BEHIND_TLS, '127.0.0.1');
      link(client, behind);
      link(behind, client);
    })
    .listen(TLS_PORT);
}
