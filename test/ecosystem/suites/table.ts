/** How a package's tests are run. Each of its files is a process of its own. */
export type Runner =
  /** mocha of the suite's own folder, or of the folder above it. */
  | 'mocha'
  /** The file itself, whose tests are node:test's. */
  | 'node:test'
  /** The file itself, which prints TAP. */
  | 'tap'
  /** The file itself, of which nothing is known but how it ends. */
  | 'plain';

/** A package's own tests. */
export interface Suite {
  /** The folder: of node_modules here, or of HEDDLE_SUITES. */
  readonly name: string;
  readonly runner: Runner;
  /** Patterns of files, from the folder. */
  readonly tests: readonly string[];
  /** For the runner. */
  readonly args?: readonly string[];
  /** The oldest Node that it is for. */
  readonly node?: number;
  /** What passes natively and need not under the preload: how its name begins, and why. */
  readonly except?: Readonly<Record<string, string>>;
}

const CHILD = 'starts a child process, which would be outside of the simulation: refused, and said';

const THREAD = 'its server is in a worker thread, which under the preload has a network of its own';
const AFAR = 'asks a server in the internet, of which the simulated network knows nothing';
const INTERNET =
  'asks a server in the internet, and looks at its socket while the name is looked up';
const YOUNG =
  "asks whether a file is older than now: the clock of the simulation is behind this machine's";

/** From the registry: versions whose tarballs have the tests in them. */
export const FROM_REGISTRY: readonly Suite[] = [
  { name: 'busboy', runner: 'plain', tests: ['test/test-*.js'] },
  { name: 'cors', runner: 'mocha', tests: ['test/*.js'], args: ['--require', 'test/support/env'] },
  { name: 'dnode', runner: 'tap', tests: ['test/*.js', 'test/server/*.js'] },
  { name: 'duplexify', runner: 'tap', tests: ['test.js'] },
  { name: 'eventsource', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'fastify', runner: 'node:test', tests: ['test/**/*.test.js'] },
  { name: 'http-shutdown', runner: 'mocha', tests: ['test.js'] },
  {
    name: 'jayson',
    runner: 'mocha',
    tests: ['test/*.test.js'],
    except: { 'jayson.bin': CHILD },
  },
  { name: 'light-my-request', runner: 'node:test', tests: ['test/*.test.js'] },
  { name: 'mqtt', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'multicast-dns', runner: 'tap', tests: ['test.js'] },
  { name: 'multiplex', runner: 'tap', tests: ['test.js'] },
  {
    name: 'needle',
    runner: 'mocha',
    tests: ['test/*_spec.js'],
    except: { 'socket cleanup should cleanup sockets': INTERNET },
  },
  {
    name: 'node-fetch',
    runner: 'mocha',
    tests: ['test/test.js'],
    except: { 'node-fetch should clear internal timeout on fetch': CHILD },
  },
  { name: 'proxy-agent', runner: 'mocha', tests: ['test/test.js'] },
  { name: 'rhea', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'server-destroy', runner: 'plain', tests: ['test.js'] },
  { name: 'socks-proxy-agent', runner: 'mocha', tests: ['test/test.js'] },
  { name: 'split2', runner: 'tap', tests: ['test.js'] },
  { name: 'tcp-port-used', runner: 'mocha', tests: ['test.js'] },
];

/** From HEDDLE_SUITES, where each is a clone with what its tests need installed. */
export const FROM_CLONES: readonly Suite[] = [
  {
    name: 'agentkeepalive',
    runner: 'mocha',
    tests: ['test/*.test.js'],
    except: { 'test/agent.test.js should timeout and remove free socket': AFAR },
  },
  { name: 'body-parser', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'compression', runner: 'mocha', tests: ['test/*.js'] },
  {
    name: 'express',
    runner: 'mocha',
    tests: ['test/*.js', 'test/acceptance/*.js'],
    args: ['--require', 'test/support/env'],
    except: {
      'res .sendFile(path, options) with "lastModified" option when true should conditionally':
        YOUNG,
    },
  },
  { name: 'finalhandler', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'follow-redirects', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'koa', runner: 'node:test', tests: ['__tests__/**/*.test.js'] },
  { name: 'morgan', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'node-fetch', runner: 'mocha', tests: ['test/*.js'] },
  { name: 'node-http-proxy', runner: 'mocha', tests: ['test/*-test.js'] },
  { name: 'send', runner: 'mocha', tests: ['test/*.js'] },
  {
    name: 'stoppable',
    runner: 'mocha',
    tests: ['test/*.js'],
    except: {
      'http.Server with requests in-flight with in-flights finishing before grace period ends exits immediately':
        CHILD,
      'https.Server with requests in-flight with in-flights finishing before grace period ends exits immediately':
        CHILD,
    },
  },
  {
    name: 'undici',
    runner: 'node:test',
    tests: ['test/*.js'],
    node: 22,
    except: {
      "Node.js' --max-http-header-size cli option": CHILD,
      'https://github.com/nodejs/undici/issues/3410': CHILD,
      'no crash when parser paused and socket ends (issue 5360)': CHILD,
      'h2: no crash when data arrives after stream abort under high concurrency': THREAD,
    },
  },
  { name: 'ws', runner: 'mocha', tests: ['test/*.test.js'] },
];
