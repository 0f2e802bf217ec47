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
