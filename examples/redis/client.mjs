import { Redis } from 'ioredis';

/** @param {string} host of Redis */
export const connect = (host) => new Redis({ host });
