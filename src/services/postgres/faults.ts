import type { World } from '../../sim/schedule/world.ts';
import { ANY_STRIKES, ANY_WORDS, DatabaseFaults, type DatabaseStrike } from '../database-faults.ts';
import type { FaultWords } from '../faults.ts';

/**
 * What PostgreSQL may do to its clients: `reset`: a connection is reset, with what its transaction
 * has done; `slow`: a statement takes so much longer; `failover`: all connections are cut, and for
 * a while there is no other; `serialization`: a statement fails with SQLSTATE 40001, where the
 * transaction is one that this may happen to.
 *
 * @since 0.2.0
 */
export type PostgresFault = 'reset' | 'slow' | 'failover' | 'serialization';

export const WORDS: FaultWords<PostgresFault> = {
  ...ANY_WORDS,
  serialization: 'refuse to serialize',
};

const STRIKES: readonly DatabaseStrike<PostgresFault>[] = [
  ...ANY_STRIKES,
  { fault: 'serialization', text: 'it cannot be serialized' },
];

/** What fails under REPEATABLE READ: a row that it wants has been changed meanwhile. */
const WRITES = /^\s*(?:update|delete|merge|with)\b|\bfor\s+(?:no\s+key\s+)?(?:update|share)\b/i;
/** And under SERIALIZABLE: whatever reads or writes. */
const WORKS =
  /^\s*(?:select|insert|update|delete|merge|with|table|copy|fetch|execute|commit|end)\b/i;

/** What goes wrong at PostgreSQL. */
export class PostgresFaults extends DatabaseFaults<PostgresFault> {
  constructor(world: World, host: string, asked: readonly PostgresFault[]) {
    super(world, host, asked, WORDS);
  }

  /**
   * What becomes of a statement; undefined: it is carried out.
   *
   * @param isolation of its transaction
   */
  of(
    sql: string,
    isolation: () => string,
    label: () => string,
  ): DatabaseStrike<PostgresFault> | undefined {
    const may = (): boolean => {
      const level = isolation();
      return level === 'serializable' ? WORKS.test(sql) : /^rep/.test(level) && WRITES.test(sql);
    };
    const mayFail = this.has('serialization') && may();
    const all = mayFail ? STRIKES : ANY_STRIKES;
    return this.drawn(all, label, 'it is carried out');
  }
}
