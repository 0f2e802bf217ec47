import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookFor, OWN_PID, signal } from './real.ts';

/** In memory where Linux has it so. */
const PLACES = ['/dev/shm', tmpdir()];
/** Who made it: process id, and when that process began. */
const OWNER = 'owner';

/** Whose files they are. */
export interface FolderOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * A new folder for an engine, which nobody else may look into. What processes have left behind that
 * were killed is taken away first.
 *
 * @param kind as in `heddle-postgres-`, the beginning of its name
 * @param ends the signal by which such an engine ends, with all that it has of the machine
 */
export function makeFolder(
  kind: string,
  owner: FolderOwner | undefined,
  ends: NodeJS.Signals,
): string {
  const place = PLACES.find(existsSync) as string;
  clearLeftovers(place, kind, ends);
  const folder = mkdtempSync(join(place, kind));
  writeFileSync(join(folder, OWNER), `${OWN_PID} ${beganAt(OWN_PID)}`);
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

function clearLeftovers(place: string, kind: string, ends: NodeJS.Signals): void {
  for (const name of readdirSync(place)) {
    if (!name.startsWith(kind)) continue;
    const folder = join(place, name);
    try {
      if (process.getuid?.() !== 0 && statSync(folder).uid !== process.getuid?.()) continue;
      const [pid = '', began] = readFileSync(join(folder, OWNER), 'utf8').split(' ');
      if (beganAt(Number(pid)) === began) continue;
      endThose(folder, ends);
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Somebody else's, or one that is being made or taken away at this moment.
    }
  }
}

/** An engine that does not end by its signal is not waited for longer. */
const END_MS_MAX = 6_000;

/**
 * An engine and who watches over it, whose command lines name the folder, and its sessions, which
 * work there: of a server that was killed, those that were stopped are there still.
 */
function endThose(folder: string, ends: NodeJS.Signals): void {
  const those = processesOf(folder);
  for (const { pid, isNamed } of those) signal(pid, isNamed ? ends : 'SIGKILL');
  lookFor(() => processesOf(folder).length === 0 || undefined, END_MS_MAX, 0);
  for (const { pid } of processesOf(folder)) signal(pid, 'SIGKILL');
}

function processesOf(folder: string): { readonly pid: number; readonly isNamed: boolean }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const isNamed = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(folder);
      const isThere = isNamed || readlinkSync(`/proc/${name}/cwd`).startsWith(`${folder}/`);
      return isThere ? [{ pid: Number(name), isNamed }] : [];
    } catch {
      // It has ended meanwhile, or is somebody else's.
      return [];
    }
  });
}

/** When a process began, in ticks since the machine did; empty where it is not there. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc_pid_stat(5), field 22; the second, a name in brackets, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
