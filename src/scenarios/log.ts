/** What a server prints goes into a pipe, whose reader reads, or does not read, or has gone. */
import type { Model, Server } from '../models/model.ts';
import { patiently } from '../models/userland/patience.ts';
import { retrying } from '../models/userland/sockets.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import type { World } from '../sim/schedule/world.ts';
import type { Program, Sys } from '../sys/index.ts';
import { type ClientPlan, echoScenario, SERVER_FAULTS, type Variant } from './echo.ts';
import { LOG_LINES } from './laws-by-model.ts';

const PLAN: ClientPlan = { manner: 'plain', pieces: [new TextEncoder().encode('Hello, world')] };
const READERS = ['reads', 'does not read', 'has gone'] as const;
type Reader = (typeof READERS)[number];

/** pipe(7): 16 pages. */
const PIPE_BYTES = 65_536;
/** What is left in a pipe that nobody reads: less than two lines. */
const ROOM_BYTES = 40;
const READ_BYTES = 4096;

export const LAW_WHOLE_LINES = 'each line of the log stands there whole';

export function logScenario(model: Model, variant: Variant): Scenario {
  return echoScenario(model, variant, {
    title: 'what is printed is another matter',
    clients: [PLAN, PLAN],
    serving: (world, server) => printing(world, server, LOG_LINES[model.id]),
    faults: variant === 'asWritten' ? [] : SERVER_FAULTS,
  });
}

/** The server, with descriptors 1 and 2 on a pipe. */
function printing(world: World, server: Server, lineLike: RegExp | undefined): Server {
  const reader = world.drawFrom('the reader of the log', READERS);
  let text = '';
  if (lineLike !== undefined) {
    let judgedTo = 0;
    world.always(LAW_WHOLE_LINES, () => {
      const end = text.lastIndexOf('\n') + 1;
      if (end === judgedTo) return true;
      const lines = text.slice(judgedTo, end - 1).split('\n');
      judgedTo = end;
      const wrong = lines.find((line) => !lineLike.test(line));
      return wrong === undefined || `the log has the line ${JSON.stringify(wrong)}`;
    });
  }
  const decoder = new TextDecoder();
  function* readLog(sys: Sys, fd: number): Program {
    for (;;) {
      const bytes = yield* retrying(() => sys.read(fd, READ_BYTES));
      if (bytes.length === 0) return;
      text += decoder.decode(bytes, { stream: true });
    }
  }
  return function* (sys, options) {
    const fd = yield* openLogPipe(sys, reader);
    if (reader === 'reads') yield* sys.spawn((its) => readLog(its, fd), { name: 'reader' });
    yield* server(sys, options);
  };
}

/** Gives the end to read from. */
function* openLogPipe(sys: Sys, reader: Reader): Program<number> {
  const [from, to] = yield* patiently(sys, () => sys.pipe());
  for (const fd of [1, 2]) yield* sys.dup2(to, fd);
  yield* sys.close(to);
  if (reader === 'does not read') yield* sys.write(1, new Uint8Array(PIPE_BYTES - ROOM_BYTES));
  if (reader === 'has gone') yield* sys.close(from);
  return from;
}
