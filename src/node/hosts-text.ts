import { UsageError } from '../sys/errors.ts';
import type { HostPlan } from './hosts.ts';

const HOST = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/**
 * `store=./store.js,server after store:7000=PORT=8080 ./server.js --name "a, b"`: the name of each
 * host, whom it waits for, and its command line as in a shell, with quotes and the environment
 * before the program.
 */
export function parseHosts(text: string): HostPlan[] {
  const hosts = split(text, ',').map(parseHost);
  checkHosts(hosts);
  return hosts;
}

/**
 * Hosts have names of their own, and start after others of them.
 *
 * @throws UsageError if they do not
 */
export function checkHosts(hosts: readonly HostPlan[]): void {
  for (const { host } of hosts) {
    if (!HOST.test(host)) throw new UsageError(`${JSON.stringify(host)} is not the name of a host`);
  }
  const twice = hosts.find(({ host }, at) => hosts.findIndex((each) => each.host === host) !== at);
  if (twice !== undefined) throw new UsageError(`the host ${twice.host} is named twice`);
  const known = hosts.map(({ host }) => host);
  for (const { host, after = [] } of hosts) {
    for (const awaited of after) {
      if (awaited !== host && known.includes(awaited.split(':')[0] as string)) continue;
      throw new UsageError(
        `${host} cannot start after ${awaited}: the hosts are ${known.join(', ')}`,
      );
    }
  }
}

function parseHost(text: string): HostPlan {
  const equals = text.indexOf('=');
  const [host = '', word, ...after] = split(text.slice(0, Math.max(0, equals)), ' ').map(unquoted);
  const words = wordsOf(text.slice(equals + 1));
  const env: Record<string, string> = {};
  for (let match = VARIABLE.exec(words[0] ?? ''); match !== null; ) {
    env[match[1] as string] = match[2] as string;
    words.shift();
    match = VARIABLE.exec(words[0] ?? '');
  }
  const [program, ...args] = words;
  const waits = word === undefined || (word === 'after' && after.length > 0);
  if (equals < 0 || !HOST.test(host) || !waits || program === undefined) {
    throw new UsageError(
      `${JSON.stringify(text.trim())} is not a host and its program; write them as in server=./server.js,client after server:8080=./load.js`,
    );
  }
  return {
    host,
    program,
    args,
    ...(after.length > 0 ? { after } : {}),
    ...(Object.keys(env).length > 0 ? { env } : {}),
  };
}

/** The parts between separators that stand in no quotes; empty ones are left out. */
function split(text: string, separator: ' ' | ','): string[] {
  const parts = text.match(separator === ',' ? /(?:"[^"]*"|'[^']*'|[^,"'])+/g : WORD) ?? [];
  return parts.filter((part) => part.trim() !== '');
}

const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;

const unquoted = (word: string): string => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2');

/** The words of a command line, as a shell reads those that have no meaning of their own. */
export const wordsOf = (line: string): string[] => split(line, ' ').map(unquoted);

/** A host as {@link parseHosts} reads it. */
export function hostText({ host, program, args = [], after, env = {}, cwd }: HostPlan): string {
  const name = after === undefined ? host : `${host} after ${after.join(' ')}`;
  const variables = Object.entries(env).map(([key, value]) => `${key}=${quoted(value)}`);
  const line = [...variables, quoted(program), ...args.map(quoted)].join(' ');
  return `${name}=${line}${cwd === undefined ? '' : ` in ${quoted(cwd)}`}`;
}

const quoted = (word: string): string =>
  /^[^\s,"']+$/.test(word) ? word : word.includes('"') ? `'${word}'` : `"${word}"`;
