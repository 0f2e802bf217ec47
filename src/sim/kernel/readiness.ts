import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from '../../sys/constants.ts';

/** What select(2) counts as readable, writable and exceptional (fs/select.c, POLLIN_SET and its like). */
export const READABLE_SET: number = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;
export const WRITABLE_SET: number = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR;
export const EXCEPTIONAL_SET: number = POLLPRI;
/** With any of these a blocking read, recv or accept has an answer. */
export const READ_ENDS: number = POLLIN | POLLRDNORM | POLLHUP | POLLERR;
export const WRITE_ENDS: number = POLLOUT | POLLWRNORM | POLLHUP | POLLERR;
