import { addressSpace } from './address-space.ts';
import { linuxClients, nodeClients } from './clients.ts';
import { commands } from './commands.ts';
import { files, schedules } from './files.ts';
import { nodePrograms } from './node-programs.ts';
import type { Part } from './part.ts';
import { anyPrograms, rightPrograms } from './programs.ts';
import { runs } from './runs.ts';
import { saves } from './saves.ts';

/** All parts of `npm run endure`, the longest first, so that no core waits at the end. */
export const PARTS: readonly Part[] = [
  runs,
  nodePrograms,
  addressSpace,
  files,
  rightPrograms,
  anyPrograms,
  commands,
  schedules,
  nodeClients,
  linuxClients,
  saves,
];
