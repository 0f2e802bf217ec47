/** Beyond these no complete search of a server and its clients comes to an end. */
export const CLIENTS_MAX = 4;
export const MESSAGES_MAX = 4;
