import type { CodeMoment, Moment } from '../schedule/moment.ts';

/** Whether a moment is one of the user's code, and not of a program's loop. */
export function isCode(moment: Moment): moment is CodeMoment {
  return moment.is === 'calls' || moment.is === 'awaits' || moment.is === 'resumes';
}

/** A call of one of the user's async functions. */
interface Call {
  readonly number: number;
  /** What has called it; undefined for the body, and for what Node or a timer calls. */
  readonly by: Call | undefined;
  /** The line on which it begins. */
  readonly where: string;
}

/** Code of the user's goes on, or begins, at a moment. */
interface Going {
  readonly call: Call;
  /** The line at which it awaited until now, or where it begins. */
  readonly where: string;
  readonly does: 'begins' | 'goes on';
  readonly step: number;
}

/** Somewhere the user's code awaits. */
interface Awaiting {
  readonly call: Call;
  readonly where: string;
  /** The steps in which it began to, and went on; undefined where it never did. */
  readonly from: number;
  to: number | undefined;
  /** Which of what went on came first meanwhile, and which did not any more. */
  readonly first: number;
  until: number;
}

/** An await, and what else of the user's code went on meanwhile. */
export interface Overtaking {
  readonly awaits: Pick<Awaiting, 'where' | 'from' | 'to'>;
  readonly by: Pick<Going, 'where' | 'does' | 'step'>;
  /** The two are calls of one function. */
  readonly alike: boolean;
  /** One of them is that of the body. */
  readonly ofBody: boolean;
  /** How much else went on meanwhile. */
  readonly length: number;
  /** What is the same about it in another run of the same scenario. */
  readonly name: string;
}

/** Pairs that are looked at: more than a run of a page's length has. */
const PAIRS_MAX = 200_000;

/** What async code of the user's has done in a run, see CodeTrace. */
export class Code {
  readonly #calls = new Map<number, Call>();
  readonly #awaits = new Map<number, Awaiting>();
  readonly #goings: Going[] = [];

  /** It is the first to be called. */
  get #body(): Call | undefined {
    return this.#goings[0]?.call;
  }

  /** Told in step number `step`. */
  told(moment: CodeMoment, step: number): void {
    if (moment.is === 'resumes') {
      const awaiting = this.#awaits.get(moment.id);
      if (awaiting === undefined) return;
      awaiting.to = step;
      awaiting.until = this.#goings.length;
      const { call, where } = awaiting;
      this.#goings.push({ call, where, does: 'goes on', step });
      return;
    }
    if (moment.is === 'calls') {
      const by = moment.by === undefined ? undefined : this.#calls.get(moment.by);
      const { call: number, where } = moment;
      const call = { number, by, where };
      this.#calls.set(moment.call, call);
      this.#goings.push({ call, where, does: 'begins', step });
      return;
    }
    const call = this.#calls.get(moment.call);
    if (call === undefined) return;
    const { where } = moment;
    const first = this.#goings.length;
    const awaiting = { call, where, from: step, to: undefined, first, until: first };
    this.#awaits.set(moment.id, awaiting);
  }

  /** Where the user's code went on last. */
  get last(): string | undefined {
    return this.#goings.findLast(({ does }) => does === 'goes on')?.where;
  }

  /** The lines at which it awaits what has not come, the innermost first. */
  get waiting(): readonly string[] {
    const depthOf = ({ by }: Call): number => (by === undefined ? 0 : 1 + depthOf(by));
    const open = [...this.#awaits.values()].filter(({ to }) => to === undefined);
    open.sort((one, other) => depthOf(other.call) - depthOf(one.call));
    return [...new Set(open.map(({ where }) => where))];
  }

  /** Every await during which another call went on, of which it was not waiting for the end. */
  get overtakings(): Overtaking[] {
    const found: Overtaking[] = [];
    const times = new Map<string, number>();
    let pairs = 0;
    const awaiting = new Set([...this.#awaits.values()].map(({ call }) => call));
    const paths = new Map<Call, readonly Call[]>();
    const pathOf = (call: Call): readonly Call[] => {
      const known = paths.get(call);
      if (known !== undefined) return known;
      const above = call.by === undefined ? [] : pathOf(call.by);
      // Who awaits nothing only passes on: the callback of a timer that calls an async function.
      const path = [...above.filter((one) => awaiting.has(one)), call];
      paths.set(call, path);
      return path;
    };
    for (const awaits of this.#awaits.values()) {
      const until = awaits.to === undefined ? this.#goings.length : awaits.until;
      for (const by of this.#goings.slice(awaits.first, until)) {
        if (++pairs > PAIRS_MAX) return found;
        if (!areApart(pathOf(awaits.call), pathOf(by.call))) continue;
        const text = `${awaits.where} ${by.does} ${by.where}`;
        const time = (times.get(text) ?? 0) + 1;
        times.set(text, time);
        const alike = awaits.call.where === by.call.where;
        const ofBody = [awaits, by].some(({ call }) => call === this.#body);
        const length = until - awaits.first;
        found.push({ awaits, by, alike, ofBody, length, name: `${text} ${time}` });
      }
    }
    return found;
  }
}

/** Two calls of one caller, or of none: neither of them waits for the other. */
function areApart(one: readonly Call[], other: readonly Call[]): boolean {
  const apart = one.findIndex((call, place) => call !== other[place]);
  return apart === one.length - 1 && other.length === one.length;
}
