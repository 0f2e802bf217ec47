import { KIND } from '../../sim/kernel/choices.ts';
import { HTTP_FAULTS, type HttpFault, type Place } from '../../sim/schedule/third-party.ts';
import { UsageError } from '../../sys/errors.ts';

/** What may become of a request; `twice` is a webhook's affair. */
export type AnswerFault = Exclude<HttpFault, 'twice'>;

/** As reports tell of it. */
const WORDS: Readonly<Record<HttpFault, string>> = {
  '429': 'answer 429',
  '500': 'answer 500',
  late: 'answer late',
  silent: 'never answer',
  twice: 'deliver webhooks twice',
};

/** By how much an answer is late, in milliseconds: less than any time-out, and more than most. */
const LATE_MS = [100, 5_000, 60_000] as const;

/** What goes wrong at a third party: drawn once for the run, and then at each request. */
export class HttpFaults {
  readonly #place: Place;
  readonly #answers: readonly AnswerFault[];
  readonly #twice: boolean;

  constructor(place: Place, asked: readonly HttpFault[]) {
    this.#place = place;
    const stranger = asked.find((fault) => !HTTP_FAULTS.includes(fault));
    if (stranger !== undefined) {
      throw new UsageError(
        `there is no fault ${stranger} of a third party: ${HTTP_FAULTS.join(', ')}`,
      );
    }
    const active = HTTP_FAULTS.filter((fault) => asked.includes(fault) && this.#mayStrike(fault));
    this.#answers = active.filter((fault) => fault !== 'twice');
    this.#twice = active.includes('twice');
  }

  #mayStrike(fault: HttpFault): boolean {
    const label = (): string => `${this.#place.host} may ${WORDS[fault]}`;
    return this.#place.world.decide(KIND.swarm, 2, { label }) === 1;
  }

  /** What becomes of this request; undefined: it is answered. */
  ofAnswer({ method, url }: Request): AnswerFault | undefined {
    if (this.#answers.length === 0) return undefined;
    const choice = this.#place.world.decide(KIND.serviceFails, 1 + this.#answers.length, {
      label: () => `what becomes of ${method} ${url}`,
      alternativeText: (taken) => this.#answers[taken - 1] ?? 'it is answered',
    });
    return this.#answers[choice - 1];
  }

  lateMs(): number {
    return this.#place.world.drawFrom(`${this.#place.host} answers late by ms`, LATE_MS);
  }

  isTwice(url: string): boolean {
    if (!this.#twice) return false;
    const about = {
      label: () => `how often the webhook to ${url} is delivered`,
      alternativeText: (choice: number) => (choice === 0 ? 'once' : 'twice'),
    };
    return this.#place.world.decide(KIND.serviceFails, 2, about) === 1;
  }
}
