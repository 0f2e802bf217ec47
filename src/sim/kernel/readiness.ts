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

/**
 * What goes with IN and with OUT in masks and wake-ups of sockets, pipes and files; eventfd and
 * timerfd say IN and OUT alone.
 */
export const READABLE: number = POLLIN | POLLRDNORM;
export const WRITABLE: number = POLLOUT | POLLWRNORM;
/**
 * AF_UNIX and UDP say this (unix_poll, datagram_poll), and their wake-ups do
 * (sock_def_write_space).
 */
export const WRITABLE_BANDS: number = WRITABLE | POLLWRBAND;
/** The key with which a socket says that something has come (sock_def_readable). */
export const ARRIVED: number = READABLE | POLLPRI | POLLRDBAND;
/** What wakes a reader of datagrams; room to send does not (receiver_wake_function). */
export const ARRIVED_OR_ERROR: number = POLLIN | POLLERR;
/**
 * What select(2) counts as readable, writable and exceptional (fs/select.c, POLLIN_SET and its
 * like).
 */
export const READABLE_SET: number = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;
export const WRITABLE_SET: number = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR;
export const EXCEPTIONAL_SET: number = POLLPRI;
/** With any of these a blocking read, recv or accept has an answer. */
export const READ_ENDS: number = READABLE | POLLHUP | POLLERR;
export const WRITE_ENDS: number = WRITABLE | POLLHUP | POLLERR;
