import { resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { zod } from '../../sim/explore/zod.ts';
import { namedRun } from '../latest.ts';
import type { MessageStream } from './framing.ts';
import { isOf, LaunchedRun } from './launched-run.ts';
import type { DebugOrder } from './outline.ts';
import { type Answer, type Handler, Protocol } from './protocol.ts';
import { SCENARIO_THREAD, scopesOf, stackFrame, threadOf } from './stack.ts';
import { stepValues } from './step-values.ts';

const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsStepBack: true,
  supportsConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  supportsExceptionInfoRequest: true,
  supportsTerminateRequest: true,
};

/** What an editor's configuration may say; the command line says it where that does not. */
const z = zod();
const launchArguments = z.looseObject({
  program: z.string().optional(),
  file: z.string().optional(),
  trust: z.boolean().optional(),
  cwd: z.string().optional(),
  stopOnEntry: z.boolean().optional(),
  step: z.number().int().positive().optional(),
});

/** What the command line says. */
export interface DebugDefaults extends Omit<DebugOrder, 'what'> {
  /** Undefined: the editor says what. */
  readonly what: string | undefined;
}

interface OfThread {
  readonly threadId: number;
}

/** An editor's session: what it may ask for, and what is done then. */
export class Adapter {
  readonly #protocol: Protocol;
  readonly #order: DebugDefaults;
  readonly #over: () => void;
  #run: LaunchedRun | undefined;
  #begin: () => void = () => {};

  /**
   * @param order what the command line says
   * @param over called when the session has ended
   */
  constructor(stream: MessageStream, order: DebugDefaults, over: () => void) {
    this.#order = order;
    this.#over = over;
    this.#protocol = new Protocol(stream, { ...this.#life, ...this.#moves, ...this.#looks });
    stream.onEnd = () => this.#end();
  }

  get #launched(): LaunchedRun {
    if (this.#run === undefined) throw new Error('nothing has been launched');
    return this.#run;
  }

  #end(): void {
    this.#run?.end();
    this.#over();
  }

  readonly #life: Readonly<Record<string, Handler>> = {
    initialize: () => ({ body: CAPABILITIES }),
    launch: (given: unknown) => this.#launch(given),
    setBreakpoints: async ({ source, breakpoints }: DebugProtocol.SetBreakpointsArguments) => {
      const path = source.path ?? '';
      return {
        body: { breakpoints: await this.#launched.breakpoints.replace(path, breakpoints ?? []) },
      };
    },
    setExceptionBreakpoints: () => ({}),
    configurationDone: () => ({ after: () => this.#begin() }),
    terminate: () => ({
      after: () => {
        this.#run?.end();
        this.#protocol.event('terminated');
      },
    }),
    disconnect: () => ({ after: () => this.#end() }),
  };

  readonly #moves: Readonly<Record<string, Handler>> = {
    continue: () => ({
      body: { allThreadsContinued: true },
      after: this.#moving((run) => run.onwards(() => false)),
    }),
    next: ({ threadId }: OfThread) => ({
      after: this.#moving((run) => run.onwards(isOf(threadId))),
    }),
    stepIn: () => ({ after: this.#moving((run) => run.onwards(() => true)) }),
    stepOut: ({ threadId }: OfThread) => {
      const isOwn = isOf(threadId);
      return { after: this.#moving((run) => run.onwards((ask) => !isOwn(ask))) };
    },
    stepBack: ({ threadId }: OfThread) => ({
      after: this.#moving((run) => run.back(isOf(threadId))),
    }),
    reverseContinue: () => ({ after: this.#moving((run) => run.backToBreakpoint()) }),
    pause: async () => {
      await this.#launched.pause();
      return {};
    },
  };

  readonly #looks: Readonly<Record<string, Handler>> = {
    threads: () => {
      const { scenario, tasks } = this.#launched.outline;
      const own = { id: SCENARIO_THREAD, name: scenario };
      const others = tasks.map(({ id, name }) => ({ id: threadOf(id), name }));
      return { body: { threads: [...others, own] } };
    },
    stackTrace: (given: DebugProtocol.StackTraceArguments) => this.#stackTrace(given),
    scopes: ({ frameId }: DebugProtocol.ScopesArguments) => this.#scopes(frameId),
    variables: async ({ variablesReference }: DebugProtocol.VariablesArguments) => ({
      body: { variables: await this.#launched.variables.read(variablesReference) },
    }),
    evaluate: (given: DebugProtocol.EvaluateArguments) => this.#evaluate(given),
    exceptionInfo: () => {
      const { failure } = this.#launched.outline;
      const { law = 'none', message = '' } = failure ?? {};
      return { body: { exceptionId: law, description: message, breakMode: 'always' } };
    },
  };

  /** A move is refused before it is answered, and made afterwards. */
  #moving(move: (run: LaunchedRun) => void): () => void {
    const run = this.#launched;
    void run.stop;
    return () => move(run);
  }

  async #launch(given: unknown): Promise<Answer> {
    const asked = launchArguments.safeParse(given);
    if (!asked.success)
      throw new Error(`this launch cannot be read: ${z.prettifyError(asked.error)}`);
    const { program, file, trust, cwd = '.', step, stopOnEntry = false } = asked.data;
    const what = program === undefined ? this.#order.what : namedRun(program, resolve(cwd));
    if (what === undefined) {
      throw new Error('debug what? Name a failure file under .heddle/ as "program"');
    }
    if (this.#run !== undefined) throw new Error('one run is debugged at a time; end it first');
    const order: DebugOrder = {
      what,
      file: file ?? this.#order.file,
      trust: trust ?? this.#order.trust,
    };
    const emit = (event: string, body?: object): void => this.#protocol.event(event, body);
    const run = new LaunchedRun(order, resolve(cwd), emit);
    this.#run = run;
    try {
      await run.ready();
    } catch (error) {
      this.#run = undefined;
      throw error;
    }
    this.#begin = () => run.begin({ step, isEntry: stopOnEntry });
    return { after: () => emit('initialized') };
  }

  #stackTrace({ threadId, startFrame = 0, levels }: DebugProtocol.StackTraceArguments): Answer {
    const frames = this.#launched.framesOf(threadId);
    const shown = frames.slice(startFrame, levels ? startFrame + levels : undefined);
    const stackFrames = shown.map(({ frame, id }) => stackFrame(frame, id));
    return { body: { stackFrames, totalFrames: frames.length } };
  }

  #scopes(frameId: number): Answer {
    const run = this.#launched;
    const { variables, outline } = run;
    const { position } = run.stop;
    const { call, task } = run.frame(frameId);
    const isPast = position.kind === 'end' || (position.kind === 'hit' && call !== undefined);
    const scopes = call === undefined ? [] : scopesOf(call);
    const shown = scopes.map(({ name, ids }, place) => ({
      name,
      ...(place === 0 ? { presentationHint: 'locals' } : {}),
      variablesReference: variables.objects(ids),
      expensive: place > 0,
    }));
    const variablesReference = variables.values(() =>
      stepValues(task, { position, isPast }, outline),
    );
    return {
      body: { scopes: [...shown, { name: 'heddle', variablesReference, expensive: false }] },
    };
  }

  async #evaluate(given: DebugProtocol.EvaluateArguments): Promise<Answer> {
    const run = this.#launched;
    if (given.frameId === undefined) throw new Error('choose a frame whose code runs first');
    const { result, exceptionDetails } = await run.evaluate(run.frame(given.frameId), given);
    if (exceptionDetails !== undefined) {
      throw new Error(result.description?.split('\n')[0] ?? exceptionDetails.text);
    }
    const { value, ...others } = run.variables.shown(result);
    return { body: { result: value, ...others } };
  }
}
