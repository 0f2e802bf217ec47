/**
 * The states of RFC 9293 that a socket can be seen in; TIME_WAIT lives outside the socket, as in
 * Linux.
 */
export type TcpState =
  | 'CLOSE'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'ESTABLISHED'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK';

/** Each by the number that a socket keeps; a new one is closed. */
export const STATES: readonly TcpState[] = [
  'CLOSE',
  'LISTEN',
  'SYN_SENT',
  'ESTABLISHED',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
];

/**
 * What may become of a socket, for those who count what a search has seen: its states but CLOSE,
 * by the numbers above, and behind them what lives outside of it.
 */
export const SEEN: readonly string[] = [...STATES, 'TIME_WAIT', 'reset'];
/** As bits of such numbers. */
export const SEEN_TIME_WAIT: number = 1 << SEEN.indexOf('TIME_WAIT');
export const SEEN_RESET: number = 1 << SEEN.indexOf('reset');
