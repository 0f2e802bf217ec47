import type { World } from '../sim/schedule/world.ts';
import { notesOf, UNSETTLED } from './notes.ts';

/**
 * Node programs have not to be asked for it: every one that ends does so with exit code 0.
 *
 * ```ts
 * world.process('job').spawn('job', nodeProgram('./job.mjs'));
 * exitLaw(world);
 * ```
 *
 * @since 0.1.0
 */
export function exitLaw(world: World): void {
  world.finally('every program exits with code 0', () => {
    for (const [name, { exitCode, exitCodeExpected, said }] of notesOf(world)) {
      if (exitCode === undefined || exitCodeExpected === 'any') continue;
      if (exitCode === exitCodeExpected) continue;
      const text = `${name} exits with code ${exitCode}`;
      if (exitCode === UNSETTLED) return `${text}: ${UNSETTLED_TEXT}`;
      const last = said.err || said.out;
      return last === '' ? `${text}, and has printed nothing` : `${text}: ${JSON.stringify(last)}`;
    }
    return true;
  });
}

const UNSETTLED_TEXT =
  'nothing is left that could settle what it awaits at its top level; look for a promise whose resolve is never called';

/**
 * A program that calls process.exit has nothing open any more: no server, socket or timer.
 *
 * ```ts
 * world.process('job').spawn('job', nodeProgram('./job.mjs'));
 * nothingOpenLaw(world);
 * ```
 *
 * @since 0.1.0
 */
export function nothingOpenLaw(world: World): void {
  world.finally('programs leave nothing open', () => {
    for (const [name, { open }] of notesOf(world)) {
      if (open.length > 0) return `${name} exits with ${open.join(', ')} open`;
    }
    return true;
  });
}

/**
 * Every HTTP request that a client has begun is answered, and with a status below 500.
 *
 * ```ts
 * const shop = scenario('the shop answers', (world) => {
 *   world.process('shop').spawn('server', nodeProgram('./server.mjs'));
 *   answeredLaw(world);
 * });
 * ```
 *
 * @since 0.1.0
 */
export function answeredLaw(world: World): void {
  world.finally('every HTTP request is answered', () => {
    for (const [name, { exchanges }] of notesOf(world)) {
      for (const { side, method, path, status, error } of exchanges) {
        if (side === 'server' || (status !== undefined && status < 500)) continue;
        return `${name}: ${method} ${path} ended with ${error ?? `status ${status}`}`;
      }
    }
    return true;
  });
}
