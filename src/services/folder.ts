import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_PID, signal } from './real.ts';

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
 */
export function makeFolder(kind: string, owner: FolderOwner | undefined): string {
  const place = PLACES.find(existsSync) as string;
  clearLeftovers(place, kind);
  const folder = mkdtempSync(join(place, kind));
  writeFileSync(join(folder, OWNER), `${OWN_PID} ${beganAt(OWN_PID)}`);
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

function clearLeftovers(place: string, kind: string): void {
  for (const name of readdirSync(place)) {
    if (!name.startsWith(kind)) continue;
    const folder = join(place, name);
    try {
      if (process.getuid?.() !== 0 && statSync(folder).uid !== process.getuid?.()) continue;
      const [pid = '', began] = readFileSync(join(folder, OWNER), 'utf8').split(' ');
      if (beganAt(Number(pid)) === began) continue;
      endThose(folder);
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Somebody else's, or one that is being made or taken away at this moment.
    }
  }
}

/** Processes whose command line names the folder: an engine, and who watches over it. */
function endThose(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (line.includes(folder)) signal(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
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
