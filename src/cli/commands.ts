import type { AnyCommand } from './command.ts';

/** Each in a file of its own, which is loaded when it is asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: AnyCommand }>>> = {
  models: () => import('./models.ts'),
  fuzz: () => import('./fuzz.ts'),
  run: () => import('./run.ts'),
  demo: () => import('./demo.ts'),
  campaign: () => import('./campaign.ts'),
  worker: () => import('./campaign-worker.ts'),
  explore: () => import('./explore.ts'),
  replay: () => import('./replay.ts'),
  debug: () => import('./debug.ts'),
  pin: () => import('./pin.ts'),
  shrink: () => import('./shrink.ts'),
  diff: () => import('./diff.ts'),
  view: () => import('./view.ts'),
  show: () => import('./show.ts'),
  serve: () => import('./serve.ts'),
  prune: () => import('./prune.ts'),
  doctor: () => import('./doctor.ts'),
  conform: () => import('./conform.ts'),
};
