/**
 * A mark is one bit or more that stand for a kernel object, for those who compare many of them: two
 * objects that have no bit in common are not the same. What shares a mark may still be two objects.
 * An object has its mark for life.
 */

/** Of an object of which nothing is known. */
export const ANY_MARK = -1;
/** Of every epoll and its sleepers: few programs have more than one. */
export const EPOLL_MARK = 1;
/** Of every table of descriptors. */
export const TABLE_MARK = 2;
/** Of every network. */
export const NETWORK_MARK = 4;

const OTHERS = 29;

/** Of the object with this number, of those that are numbered as they are made. */
export const markOfNumber = (number: number): number => 8 << (number % OTHERS);
