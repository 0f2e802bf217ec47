import { loadLibc } from '../../src/real/linux/libc.ts';
import { errnoCode } from '../../src/sys/errno.ts';

/**
 * Makes one recv that truly sleeps, on the socket that it was given as descriptor 3, and prints
 * what it gave.
 */
const [bytesMax, flags, lowWater] = process.argv.slice(2).map(Number) as [number, number, number];
const SOL_SOCKET = 1;
const SO_RCVLOWAT = 18;
const libc = await loadLibc();
libc.setsockopt(3, SOL_SOCKET, SO_RCVLOWAT, new Int32Array([lowWater]), 4);
const bytes = new Uint8Array(bytesMax);
process.stdout.write('asleep\n');
const size = libc.recv(3, bytes, bytesMax, flags);
const text = new TextDecoder().decode(bytes.subarray(0, Math.max(0, size)));
process.stdout.write(size < 0 ? errnoCode(-size) : `"${text}"`);
