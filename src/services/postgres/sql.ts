/** What a piece of SQL is: code, or something whose words mean nothing to PostgreSQL's parser. */
export interface SqlPart {
  readonly is: 'code' | 'quoted' | 'body' | 'comment';
  readonly text: string;
}

/** "Lexical Structure" of PostgreSQL's manual, as far as it says where code ends. */
const NOT_CODE =
  /--[^\n]*|\/\*|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|(?<![\w$])(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)/g;

/** Cuts a text of SQL into its parts; together they are the text. */
export function partsOf(sql: string): SqlPart[] {
  const parts: SqlPart[] = [];
  const add = (is: SqlPart['is'], text: string): void => {
    if (text !== '') parts.push({ is, text });
  };
  let at = 0;
  NOT_CODE.lastIndex = 0;
  for (let match = NOT_CODE.exec(sql); match !== null; match = NOT_CODE.exec(sql)) {
    add('code', sql.slice(at, match.index));
    const [text, tag] = match;
    let end = match.index + text.length;
    if (tag !== undefined) {
      const close = sql.indexOf(tag, end);
      end = close < 0 ? sql.length : close + tag.length;
      add('body', sql.slice(match.index, end));
    } else if (text === '/*') {
      end = commentEnd(sql, end);
      add('comment', sql.slice(match.index, end));
    } else add(text.startsWith('--') ? 'comment' : 'quoted', text);
    at = end;
    NOT_CODE.lastIndex = end;
  }
  add('code', sql.slice(at));
  return parts;
}

/** Comments of PostgreSQL's may hold comments. */
function commentEnd(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let depth = 1;
  for (let match = marks.exec(sql); match !== null; match = marks.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}

/** Keywords of SQL that ask the machine's clock; every template has a function of each name. */
export const CLOCK_WORDS = [
  'current_timestamp',
  'current_date',
  'current_time',
  'localtimestamp',
  'localtime',
] as const;

/** Times that a run has in virtual time; under `heddle.` they are settings that do nothing. */
export const TIMEOUTS = [
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'deadlock_timeout',
  'transaction_timeout',
] as const;

const CLOCK = new RegExp(
  `(?<![.\\w$])(${CLOCK_WORDS.join('|')})\\b(\\s*\\(\\s*\\d+\\s*\\))?`,
  'gi',
);
const SET = new RegExp(
  `\\b(set\\s+(?:session\\s+|local\\s+)?|reset\\s+)(${TIMEOUTS.join('|')})\\b`,
  'gi',
);
const QUOTED = new RegExp(`^'(${TIMEOUTS.join('|')})'$`, 'i');
const ANY = /current_|localtime|_timeout/i;

/**
 * A text of SQL in which what asks the machine's clock asks that of the run, and times that the
 * engine would measure by it are left to heddle.
 */
export function pinned(sql: string): string {
  if (!ANY.test(sql)) return sql;
  let before = '';
  const made = partsOf(sql).map(({ is, text }) => {
    const setsConfig = /\bset_config\s*\(\s*$/i.test(before);
    before = text;
    if (is === 'code') {
      return text
        .replace(CLOCK, (_, word: string, of = '()') => `pg_catalog."${word.toLowerCase()}"${of}`)
        .replace(SET, '$1heddle.$2');
    }
    if (is === 'quoted') return setsConfig ? text.replace(QUOTED, "'heddle.$1'") : text;
    if (is === 'comment') return text;
    const tag = text.slice(0, text.indexOf('$', 1) + 1);
    const closed = text.length >= 2 * tag.length && text.endsWith(tag);
    return (
      tag + pinned(text.slice(tag.length, closed ? -tag.length : undefined)) + (closed ? tag : '')
    );
  });
  return made.join('');
}

/** What the engine takes from its machine whatever heddle does, each with how it is called. */
const UNPINNED: readonly (readonly [RegExp, string])[] = [
  [/'\s*(?:now|today|tomorrow|yesterday)\s*'/i, "a time written as 'now' or 'today'"],
  [
    /\b(?:txid_current|pg_current_xact_id|pg_current_snapshot|txid_\w+)\w*\s*\(/i,
    'a transaction id',
  ],
  [/(?<![\w"])(?:xmin|xmax)\b/i, 'the transaction id of a row'],
  [/\bpg_current_wal\w*\s*\(/i, 'a position in the log'],
  [/\bpg_stat_\w+|\bpg_locks\b/i, 'a view of the server'],
  [/\bexplain\b[^;]*\banalyze\b/i, 'times that EXPLAIN ANALYZE measures'],
  [/\bpg_(?:relation|total_relation|table|indexes|database)_size\s*\(/i, 'a size on disk'],
];
const MAY_BE_UNPINNED = /now'|today'|tomorrow'|yesterday'|txid_|xmin|xmax|pg_|explain/i;

/** What of a statement no schedule controls, in words; empty for most. */
export function unpinnedIn(sql: string): string[] {
  if (!MAY_BE_UNPINNED.test(sql)) return [];
  const text = partsOf(sql)
    .filter(({ is }) => is !== 'comment')
    .map((part) => part.text)
    .join('');
  return UNPINNED.filter(([pattern]) => pattern.test(text)).map(([, what]) => what);
}

/** Seconds that `pg_sleep` with a number is asked for. */
export function sleepIn(sql: string): number {
  if (!/pg_sleep/i.test(sql)) return 0;
  const found = [...sql.matchAll(/\bpg_sleep\s*\(\s*(\d+(?:\.\d+)?)\s*\)/gi)];
  return found.reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}

/** A statement on one line, for a report. */
export function shortSql(sql: string, length = 60): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** What it does and to which table: `UPDATE accounts`. */
export function headOf(sql: string): string {
  const code = partsOf(sql)
    .filter(({ is }) => is !== 'comment')
    .map(({ text }) => text)
    .join('')
    .trim();
  const words = /^(\w+)(?:[\s\S]*?\b(?:from|into|update|table)\s+(?:only\s+)?([\w."]+))?/i.exec(
    /^update\b/i.test(code) ? code.replace(/^update\s+/i, 'UPDATE update ') : code,
  );
  const [, verb = '', table] = words ?? [];
  return table === undefined ? verb.toUpperCase() : `${verb.toUpperCase()} ${table}`;
}
