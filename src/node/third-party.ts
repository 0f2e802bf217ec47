import { HttpParty } from '../services/http/party.ts';
import type { Task } from '../sim/kernel/task.ts';
import type { HttpHandler, HttpOptions, Place, ThirdParty } from '../sim/schedule/third-party.ts';
import type { World } from '../sim/schedule/world.ts';
import { type Program, Sys } from '../sys/sys.ts';
import { authority, type Certified } from './authority.ts';
import { endTls, PORT_BEHIND_TLS, TLS_END, TLS_PORT } from './guest/tls-end.ts';
import { FileWork } from './host/file-work.ts';
import { RUN_TIME_MS } from './host/run-time.ts';
import { ThreadGuest } from './host/thread-guest.ts';
import { UvLoop } from './host/uv-loop.ts';

const PORT = 80;
const SERVICE = 'tls';

/** A third party on its host, which listens from now on. */
export function thirdParty(
  place: Place,
  handler: HttpHandler,
  { tls = true, faults = [] }: HttpOptions,
): ThirdParty {
  const party = new HttpParty(place, handler, faults);
  party.listen(PORT, 'http');
  if (tls) {
    party.listen(PORT_BEHIND_TLS, 'https');
    secure(place);
  }
  return party;
}

/** TLS ends in Node's own library: in the realm of the test, or in a thread as programs have. */
function secure({ world, host, put }: Place): void {
  const certified = authority().of(host);
  world.authority = authority().certificate;
  const realm = world.runtime?.realm;
  if (realm !== undefined) {
    realm.serve(host, SERVICE, () => endTls(certified));
    return;
  }
  put({ name: SERVICE, body: () => (sys) => tlsEnd(sys, certified) });
  world.listensFirst(host, TLS_PORT);
}

function* tlsEnd(sys: Sys, { key, cert }: Certified): Program {
  const task = Sys.ownerOf(sys) as Task;
  const world = task.surroundings as World;
  const { host } = task.process.kernel;
  const env = process.env as Record<string, string>;
  const about = { name: `TLS of ${host}`, path: TLS_END, env, runTimeMs: RUN_TIME_MS, told: false };
  const guest = new ThreadGuest(about, world);
  world.onEnd(() => guest.stop());
  const seen = { uncontrolled: new Map(), exchanges: [], said: { out: '', err: '' } };
  yield* new UvLoop(task, guest, { lateMsMax: 0, files: new FileWork(task) }, seen).run({
    do: 'start',
    config: {
      program: TLS_END,
      text: null,
      loader: null,
      argv: [key, cert],
      execArgv: [],
      stdio: [],
      notesAwaits: false,
      env,
      ofParent: {},
      cwd: process.cwd(),
      hostname: host,
      pid: 1,
      seed: 0,
      epochMs: world.clock.epochMs,
      authority: null,
      told: false,
    },
  });
}
