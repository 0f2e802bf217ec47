/**
 * What a program with an event loop of its own does between two syscalls, told as it happens: a
 * recorded run asks for it, so that its story speaks of timers, requests and errors. It has no part
 * in the run.
 */
export type Moment =
  /** It is such a program; its syscalls are its loop's, and none of them stands in its code. */
  | { readonly is: 'program' }
  /**
   * The line that the next syscall comes from, and its stack; empty where nobody knows it. `ask`:
   * what it is done for, 0 where that is not counted.
   */
  | {
      readonly is: 'at';
      readonly where: string;
      readonly stack: string;
      readonly ask?: number;
    }
  /** A line of its own asks for something, as the how-manieth of a run that is debugged. */
  | { readonly is: 'asks'; readonly where: string; readonly ask: number }
  /** A timer's callback is called: `setTimeout 5 ms`, and the line that set it. */
  | { readonly is: 'timer'; readonly what: string; readonly where: string }
  /** A request that the bytes of its connection do not show, as under TLS. */
  | { readonly is: 'request'; readonly what: string; readonly where: string }
  | { readonly is: 'response'; readonly what: string; readonly where: string }
  /** It did not catch an error, or a rejection. */
  | { readonly is: 'dies'; readonly what: string; readonly where: string }
  | CodeMoment;

/** What async code of the user's does: its calls, and where they await, by their numbers. */
export type CodeMoment =
  /** An async function is called, or a callback; `by` which call. */
  | {
      readonly is: 'calls';
      readonly call: number;
      readonly by: number | undefined;
      readonly where: string;
    }
  /** A call awaits something. */
  | {
      readonly is: 'awaits';
      readonly id: number;
      readonly call: number;
      readonly where: string;
    }
  /** It goes on, behind that await. */
  | { readonly is: 'resumes'; readonly id: number };
