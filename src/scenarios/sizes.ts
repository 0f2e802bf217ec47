/** With more of them no complete search of a server comes to an end. */
export const CLIENTS_MAX = 4;
/** Likewise of messages of each. */
export const MESSAGES_MAX = 4;
