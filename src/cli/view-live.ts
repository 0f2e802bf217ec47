/** `heddle view --live`: the page from a port of this machine, where another road is a link. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../sys/errors.ts';
import { type Branch, parseBranches } from './branch.ts';
import { EXIT } from './exit-codes.ts';
import type { Output } from './output.ts';

/**
 * Serves pages until Ctrl-C; `draw` makes that of a run with other alternatives taken, and `shown`
 * is told the address.
 */
export function serveLive(
  draw: (take: readonly Branch[] | undefined) => Promise<string>,
  shown: (address: string) => void,
  out: Output,
): Promise<number> {
  const server = createServer(({ url = '/', headers: { host } }, response) => {
    const give = (status: number, type: string, text: string): void => {
      response.writeHead(status, { 'content-type': `text/${type}; charset=utf-8` }).end(text);
    };
    const { port } = server.address() as AddressInfo;
    // A page of somebody else's may have its name lead here.
    if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
      give(403, 'plain', 'this is served to 127.0.0.1 alone');
      return;
    }
    const { pathname, searchParams } = new URL(url, 'http://here');
    if (pathname !== '/') {
      give(404, 'plain', 'there is one page, at /');
      return;
    }
    pageAt(searchParams.get('take'), draw).then(
      (page) => give(200, 'html', page),
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (!(error instanceof UsageError)) out.error(text);
        give(400, 'plain', text);
      },
    );
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      shown(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    });
    process.once('SIGINT', () => {
      server.close();
      server.closeAllConnections();
      resolve(EXIT.interrupted);
    });
  });
}

async function pageAt(
  take: string | null,
  draw: (take: readonly Branch[] | undefined) => Promise<string>,
): Promise<string> {
  return draw(take === null ? undefined : parseBranches(take));
}
