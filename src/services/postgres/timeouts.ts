/** Times of a session, in milliseconds of virtual time; 0 is never. */
export interface Timeouts {
  readonly lock: number;
  readonly statement: number;
  readonly deadlock: number;
  readonly idleInTransaction: number;
  readonly idle: number;
}

/** @param ms what a setting of that name is, in milliseconds */
export function timeoutsOf(ms: (name: string) => number): Timeouts {
  return {
    lock: ms('lock_timeout'),
    statement: ms('statement_timeout'),
    deadlock: ms('deadlock_timeout'),
    idleInTransaction: ms('idle_in_transaction_session_timeout'),
    idle: ms('idle_session_timeout'),
  };
}

const MS_OF: Readonly<Record<string, number>> = {
  us: 1e-3,
  ms: 1,
  s: 1e3,
  min: 60e3,
  h: 3_600e3,
  d: 86_400e3,
};

/** As PostgreSQL reads the value of a setting that counts milliseconds. */
export function durationMs(text: string): number {
  const [, number, unit = ''] = /^\s*([\d.]+)\s*([a-z]*)\s*$/.exec(text) ?? [];
  return Math.ceil(Number(number ?? 0) * (MS_OF[unit === '' ? 'ms' : unit] ?? 1));
}
