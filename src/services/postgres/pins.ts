import { CLOCK_WORDS } from './sql.ts';

/** Settings of a session that say what a run's clock says, and who the session is. */
export const SETTING = {
  now: 'heddle.now',
  clock: 'heddle.clock',
  pid: 'heddle.pid',
  database: 'heddle.database',
} as const;

const setting = (name: string): string => `current_setting('${name}')`;

/**
 * Functions of PostgreSQL's own that say what differs from run to run: name with arguments, type,
 * volatility, and what they say instead.
 *
 * # They hold because the planner inlines them
 * A built-in function is found by its number, whatever its row in pg_proc says. Only the planner
 * looks there, and puts a body that is one SELECT in the place of the call; so none of these may
 * be stricter than what it is made of.
 */
const REPLACED: readonly (readonly [string, string, 'STABLE' | 'VOLATILE', string])[] = [
  ['now()', 'timestamptz', 'STABLE', `${setting(SETTING.now)}::timestamptz`],
  ['transaction_timestamp()', 'timestamptz', 'STABLE', `${setting(SETTING.now)}::timestamptz`],
  ['statement_timestamp()', 'timestamptz', 'STABLE', `${setting(SETTING.clock)}::timestamptz`],
  ['clock_timestamp()', 'timestamptz', 'VOLATILE', `${setting(SETTING.clock)}::timestamptz`],
  ['timeofday()', 'text', 'VOLATILE', `${setting(SETTING.clock)}::timestamptz::text`],
  ['pg_backend_pid()', 'int4', 'STABLE', `${setting(SETTING.pid)}::int4`],
  ['current_database()', 'name', 'STABLE', `${setting(SETTING.database)}::name`],
  [
    'gen_random_uuid()',
    'uuid',
    'VOLATILE',
    "overlay(overlay(md5(random()::text || random()::text) placing '4' from 13) placing '8' from 17)::uuid",
  ],
];

/** What the keywords of CLOCK_WORDS say, in their order. */
const CLOCK_TYPES = ['timestamptz', 'date', 'timetz', 'timestamp', 'time'] as const;

const define = (name: string, type: string, volatility: string, body: string): string =>
  `CREATE OR REPLACE FUNCTION pg_catalog.${name} RETURNS ${type} LANGUAGE sql ${volatility} PARALLEL SAFE AS $$SELECT ${body}$$`;

/** What is done once in every template, before the schema. */
export function pinsSql(): string {
  const words = CLOCK_WORDS.flatMap((word, at) => {
    const type = CLOCK_TYPES[at] as string;
    const now = `${setting(SETTING.now)}::timestamptz`;
    const plain = define(`"${word}"()`, type, 'STABLE', `(${now})::${type}`);
    if (type === 'date') return [plain];
    // The precision of a type is no expression.
    const rounded = [0, 1, 2, 3, 4, 5, 6].map(
      (digits) => `WHEN ${digits} THEN (${now})::${precise(type, digits)}`,
    );
    return [
      plain,
      define(`"${word}"(digits int4)`, type, 'STABLE', `CASE digits ${rounded.join(' ')} END`),
    ];
  });
  return [...REPLACED.map((each) => define(...each)), ...words].join(';\n');
}

/** `timestamptz(3)`. */
const precise = (type: string, digits: number): string => `${type}(${digits})`;
