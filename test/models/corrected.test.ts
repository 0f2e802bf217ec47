// What every corrected server bears, whether or not its article's has a fault there.

import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import type { Server } from '../../src/models/model.ts';
import { type ClientPlan, echoScenario } from '../../src/scenarios/echo.ts';
import { memoryScenario } from '../../src/scenarios/memory.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { type Body, ECONNABORTED, type Program, type Sys, SysError } from '../../src/sys/index.ts';

const models = MODELS.map((model) => [model.id, model] as const);

function passes(scenario: Scenario, strategy: Strategy): void {
  expect(new Run(scenario, { strategy }).execute().failure?.message).toBeUndefined();
}

/** By then all clients wait in the queue. */
const MEANWHILE_MS = 5;

/**
 * Aborts the connection that a server accepts first, while another waits behind it. POSIX and
 * accept(2) have ECONNABORTED; the simulated kernel gives such a connection out, as Linux does.
 */
class Aborting {
  hasAborted = false;
  /** Numbers of those requests to a ring that accept. */
  readonly #accepts = new Set<number>();

  /** The server, and all the threads and children that it makes, on such a kernel. */
  around(server: Server): Server {
    return (sys, options) => server(this.#sys(sys), options);
  }

  #sys(sys: Sys): Sys {
    const calls: { readonly [name in keyof Sys]?: unknown } = {
      accept: (...args: Parameters<Sys['accept']>) => this.#accept(sys, args),
      ringSubmit: (...args: Parameters<Sys['ringSubmit']>) => {
        for (const { op, data } of args[1]) if (op === 'accept') this.#accepts.add(data);
        return sys.ringSubmit(...args);
      },
      ringWait: (...args: Parameters<Sys['ringWait']>) => this.#ringWait(sys, args),
      spawn: (body: (sys: Sys) => ReturnType<Body>, ...rest: []) =>
        sys.spawn((its) => body(this.#sys(its)), ...rest),
    };
    return new Proxy(sys, {
      get(target, name) {
        if (name in calls) return calls[name as keyof Sys];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  *#accept(sys: Sys, args: Parameters<Sys['accept']>): Program<unknown> {
    if (!this.hasAborted) yield* sys.nanosleep({ ms: MEANWHILE_MS });
    const accepted = yield* sys.accept(...args);
    if (yield* this.#aborts(sys, accepted.fd)) throw new SysError('accept', ECONNABORTED);
    return accepted;
  }

  *#ringWait(sys: Sys, args: Parameters<Sys['ringWait']>): Program<unknown> {
    const completions = [];
    for (const each of yield* sys.ringWait(...args)) {
      const accepts = this.#accepts.has(each.data) && each.result >= 0;
      const aborted = accepts && (yield* this.#aborts(sys, each.result));
      completions.push(aborted ? { ...each, result: -ECONNABORTED } : each);
    }
    return completions;
  }

  *#aborts(sys: Sys, fd: number): Program<boolean> {
    if (this.hasAborted) return false;
    this.hasAborted = true;
    yield* sys.close(fd);
    return true;
  }
}

describe('a connection that is aborted before it is accepted', () => {
  const hello = [new TextEncoder().encode('Hello, world')];
  /** The calm run begins with the last: it is the one that is aborted, and asks for nothing. */
  const clients: readonly ClientPlan[] = [
    { manner: 'plain', pieces: hello },
    { manner: 'leaves', pieces: hello },
  ];
  it.each(models)('does not keep %s from serving the next', (_, model) => {
    const aborting = new Aborting();
    const server = aborting.around(model.corrected);
    passes(echoScenario(model, 'corrected', { clients, server, faults: [] }), new Calm());
    expect(aborting.hasAborted).toBe(true);
  });
});

describe('a client that sends and does not read', () => {
  it.each(models)('is not held by %s without bound', (_, model) => {
    const scenario = memoryScenario(model, 'corrected');
    passes(scenario, new Calm());
    const strategy = new RandomWalk(1);
    for (let walk = 0; walk < 6; walk++) {
      strategy.begin();
      passes(scenario, strategy);
    }
  });
});
