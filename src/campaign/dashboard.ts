/** Serves the dashboard of a campaign: to this machine alone, or to whoever has its token. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../sys/errors.ts';
import { dashboardPage, PAGE_POLICY } from './page.ts';
import type { CampaignReport } from './report.ts';

export interface DashboardOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly report: () => Promise<CampaignReport>;
  /** The viewer's page of a find that is saved. */
  readonly viewOf: (path: string) => Promise<string>;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
/** How often what is new is told. */
const TELL_MS = 1_000;

export class Dashboard {
  /** Where it is, with the token where there is one. */
  readonly url: string;
  readonly #server: Server;
  readonly #options: DashboardOptions;
  readonly #token: string | undefined;
  readonly #listeners = new Set<ServerResponse>();
  readonly #views = new Map<string, Promise<string>>();
  readonly #telling: NodeJS.Timeout;
  #told = '';

  private constructor(server: Server, options: DashboardOptions, token: string | undefined) {
    this.#server = server;
    this.#options = options;
    this.#token = token;
    const { port } = server.address() as AddressInfo;
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    this.url = `http://${host}:${port}/${token === undefined ? '' : `?token=${token}`}`;
    server.on('request', (request, response) => {
      this.#answer(request, response).catch((error: Error) => {
        if (!response.headersSent) say(response, 500, error.message);
        else response.end();
      });
    });
    this.#telling = setInterval(() => void this.tell().catch(() => {}), TELL_MS);
    this.#telling.unref();
  }

  /** @throws UsageError if there is no such place to listen at */
  static async open(options: DashboardOptions): Promise<Dashboard> {
    const { host, port } = options;
    const server = createServer();
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new UsageError(
        `the dashboard cannot listen at ${host}:${port}: ${(error as Error).message}; give --dashboard another port`,
      );
    }
    const isOpen = !LOOPBACK.includes(host);
    return new Dashboard(server, options, isOpen ? randomBytes(16).toString('hex') : undefined);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    const url = new URL(request.url ?? '/', 'http://dashboard');
    if (request.method !== 'GET') return say(response, 405, 'there is nothing to be changed here');
    if (!this.#mayAsk(request)) return say(response, 403, 'this name is not that of this machine');
    const token = url.searchParams.get('token');
    if (this.#token !== undefined && !this.#knows(token) && !this.#knows(cookieOf(request))) {
      return say(response, 401, 'the address that heddle campaign has printed has the token');
    }
    if (token !== null && this.#token !== undefined) {
      response.setHeader('Set-Cookie', `heddle=${this.#token}; HttpOnly; SameSite=Strict; Path=/`);
      response.writeHead(303, { Location: url.pathname }).end();
      return;
    }
    await this.#serve(url.pathname, response);
  }

  /** A page of elsewhere may have got a name that leads to this machine. */
  #mayAsk({ headers }: IncomingMessage): boolean {
    if (this.#token !== undefined) return true;
    const name = /^(.*?)(?::\d+)?$/.exec(headers.host ?? '')?.[1] ?? '';
    return LOOPBACK.includes(name.replace(/^\[|\]$/g, ''));
  }

  #knows(given: string | null | undefined): boolean {
    if (this.#token === undefined || typeof given !== 'string') return false;
    const [one, other] = [Buffer.from(given), Buffer.from(this.#token)];
    return one.length === other.length && timingSafeEqual(one, other);
  }

  async #serve(path: string, response: ServerResponse): Promise<void> {
    const { report } = this.#options;
    if (path === '/') {
      response.setHeader('Content-Security-Policy', PAGE_POLICY);
      return sayHtml(response, dashboardPage(await report(), { isLive: true, views: [] }));
    }
    if (path === '/report.json') {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(await report()));
      return;
    }
    // Browsers ask for it unasked.
    if (path === '/favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    if (path === '/events') return this.#listen(response);
    const at = /^\/view\/(\d{1,6})$/.exec(path)?.[1];
    const find = at === undefined ? undefined : (await report()).finds[Number(at)];
    if (find === undefined || find.path === null)
      return say(response, 404, 'there is no such page');
    return sayHtml(response, await this.#viewOf(find.path));
  }

  #viewOf(path: string): Promise<string> {
    const known = this.#views.get(path) ?? this.#options.viewOf(path);
    this.#views.set(path, known);
    known.catch(() => this.#views.delete(path));
    return known;
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('retry: 1000\n\n');
    if (this.#told !== '') response.write(`data: ${this.#told}\n\n`);
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
  }

  /** Tell all who look, if there is something new. */
  async tell(): Promise<void> {
    if (this.#listeners.size === 0) return;
    const text = JSON.stringify(await this.#options.report());
    if (text === this.#told) return;
    this.#told = text;
    for (const one of this.#listeners) one.write(`data: ${text}\n\n`);
  }

  async close(): Promise<void> {
    clearInterval(this.#telling);
    await this.tell().catch(() => {});
    for (const one of this.#listeners) one.end();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function sayHtml(response: ServerResponse, page: string): void {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(page);
}

function cookieOf({ headers }: IncomingMessage): string | undefined {
  return /(?:^|;\s*)heddle=([0-9a-f]+)/.exec(headers.cookie ?? '')?.[1];
}
