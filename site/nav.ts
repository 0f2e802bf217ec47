/** Every page of the site, in the order in which it is read. A test misses none of docs/. */

export interface NavPage {
  /** Relative to docs/, without its ending. */
  readonly path: string;
  readonly title: string;
}

export interface NavSection {
  readonly title: string;
  readonly pages: readonly NavPage[];
}

export const NAV: readonly NavSection[] = [
  {
    title: 'Start',
    pages: [
      { path: 'start/tcp-server', title: 'Your own TCP server' },
      { path: 'start/express', title: 'Your own express app' },
      { path: 'start/async-function', title: 'An async function' },
    ],
  },
  {
    title: 'Guides',
    pages: [
      { path: 'realm', title: 'Ordinary async code' },
      { path: 'node', title: 'Unmodified Node programs' },
      { path: 'guides/node-laws', title: 'Laws for Node programs' },
      { path: 'guides/programs', title: 'Programs over syscalls' },
      { path: 'guides/connections', title: 'Several connections' },
      { path: 'guides/hosts', title: 'Hosts, latency, crashes' },
      { path: 'services', title: 'Real services' },
      { path: 'laws', title: 'Laws and histories' },
      { path: 'faults', title: 'Faults' },
      { path: 'strategies', title: 'Strategies' },
      { path: 'zoo', title: 'Strategies, measured' },
      { path: 'replay', title: 'Replay, pin, debug' },
      { path: 'ci', title: 'CI' },
      { path: 'campaigns', title: 'Campaigns' },
      { path: 'scale', title: 'Scale' },
      { path: 'guides/data-races', title: 'Data races' },
      { path: 'guides/exhaustive', title: 'Exhaustive search' },
      { path: 'guides/nondeterminism', title: 'NondeterminismError' },
      { path: 'guides/performance', title: 'What a run costs' },
      { path: 'from-fast-check', title: 'From fc.scheduler' },
      { path: 'sync', title: 'Locks and channels' },
    ],
  },
  {
    title: 'Reference',
    pages: [
      { path: 'reference/cli', title: 'The command line' },
      { path: 'reference/failure-file', title: 'The failure file' },
      { path: 'linux', title: "heddle's kernel and Linux's" },
      { path: 'words', title: 'Words' },
      { path: 'platforms', title: 'Platforms and the package' },
      { path: 'security', title: 'Security' },
    ],
  },
  {
    title: 'Explanations',
    pages: [
      { path: 'explain/kernel', title: 'How the kernel works' },
      { path: 'explain/shrinking', title: 'How shrinking works' },
      { path: 'explain/claims', title: 'What heddle does not claim' },
      { path: 'neighbours', title: 'Its neighbours' },
    ],
  },
  {
    title: 'The ten servers',
    pages: [
      { path: 'servers/course', title: 'The course' },
      { path: 'servers/index', title: 'All of them' },
      { path: 'python', title: 'The articles and Python' },
    ],
  },
];

/** What TypeDoc writes, a page for each entry point of the package. */
export const API: readonly NavPage[] = [
  { path: 'api/index', title: 'heddle' },
  { path: 'api/vitest', title: 'heddle/vitest' },
  { path: 'api/laws', title: 'heddle/laws' },
  { path: 'api/sync', title: 'heddle/sync' },
  { path: 'api/fast-check', title: 'heddle/fast-check' },
  { path: 'api/realm', title: 'heddle/realm' },
];
