import { subscribe } from 'node:diagnostics_channel';
import type { Internal } from './internals.ts';
import type { Present } from './present.ts';

/** Note HTTP requests where Node's own library tells of them. */
export function noteExchanges(present: Present): void {
  const client = (request: Internal, status: number | null, error: string | null): void => {
    present.now?.post([
      'exchange',
      'client',
      String(request.method),
      String(request.path),
      status,
      error,
    ]);
  };
  subscribe('http.client.response.finish', ({ request, response }: Internal) => {
    client(request, response.statusCode, null);
  });
  subscribe('http.client.request.error', ({ request, error }: Internal) => {
    client(request, null, String(error?.code ?? error?.message));
  });
  subscribe('undici:request:headers', ({ request, response }: Internal) => {
    client(request, response.statusCode, null);
  });
  subscribe('undici:request:error', ({ request, error }: Internal) => {
    client(request, null, String(error?.code ?? error?.message));
  });
  subscribe('http.server.response.finish', ({ request, response }: Internal) => {
    const { method, url } = request;
    present.now?.post([
      'exchange',
      'server',
      String(method),
      String(url),
      response.statusCode,
      null,
    ]);
  });
}
