import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

/**
 * Exit code of a client on this machine's own sockets, once its server listens. Both are told PORT
 * and SERVER.
 */
export async function runOnReal(
  server: string,
  client: string,
  more: Readonly<Record<string, string>> = {},
): Promise<number> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), SERVER: '127.0.0.1', ...more };
  const serving = spawn(process.execPath, [server], { env });
  try {
    await listening(port);
    const asking = spawn(process.execPath, [client], { env, stdio: 'ignore' });
    const [code] = await once(asking, 'exit');
    return code as number;
  } finally {
    serving.kill();
    await once(serving, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const is = await new Promise((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    });
    socket.destroy();
    if (is) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
