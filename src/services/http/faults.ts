import type { HttpFault, Place } from '../../sim/schedule/third-party.ts';
import { Faults, type FaultWords, requireFaults, type Strike } from '../faults.ts';

/** What may become of a request; `twice` is a webhook's affair. */
export type AnswerFault = Exclude<HttpFault, 'twice'>;

const WORDS: FaultWords<HttpFault> = {
  '429': 'answer 429',
  '500': 'answer 500',
  late: 'answer late',
  silent: 'never answer',
  twice: 'deliver webhooks twice',
};

const ANSWERS: readonly Strike<AnswerFault>[] = (['429', '500', 'late', 'silent'] as const).map(
  (fault) => ({ fault, text: fault }),
);
const TWICE: readonly Strike<'twice'>[] = [{ fault: 'twice', text: 'twice' }];

/** By how much an answer is late, in milliseconds: less than any time-out, and more than most. */
const LATE_MS = [100, 5_000, 60_000] as const;

/** What goes wrong at a third party. */
export class HttpFaults extends Faults<HttpFault> {
  constructor({ world, host }: Place, asked: readonly HttpFault[]) {
    requireFaults(asked, WORDS, 'a third party');
    super(world, host, asked, WORDS);
  }

  /** What becomes of this request; undefined: it is answered. */
  ofAnswer({ method, url }: Request): AnswerFault | undefined {
    const label = (): string => `what becomes of ${method} ${url}`;
    return this.drawn(ANSWERS, label, 'it is answered')?.fault;
  }

  lateMs(): number {
    return this.world.drawFrom(`${this.host} answers late by ms`, LATE_MS);
  }

  isTwice(url: string): boolean {
    const label = (): string => `how often the webhook to ${url} is delivered`;
    return this.drawn(TWICE, label, 'once') !== undefined;
  }
}
