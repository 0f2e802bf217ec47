import type { World } from '../schedule/world.ts';

/** What reports call {@link heldLaw}. @since 0.2.0 */
export const LAW_HELD = 'what a server holds for others stays within bounds';

/**
 * A server never holds more than `bytesMax` bytes of what it has taken from others and not passed
 * on: one who sends and does not read must not fill its memory.
 *
 * ```ts
 * let held = 0; // what the server keeps of what came in
 * heldLaw(world, 65_536, () => held, 'a client that reads nothing');
 * ```
 *
 * @param heldBytes asked after every step: what has been taken, less what has been passed on
 * @param forWhom whose bytes they are, for the message
 * @since 0.2.0
 */
export function heldLaw(
  world: World,
  bytesMax: number,
  heldBytes: () => number,
  forWhom: string,
): void {
  world.always(LAW_HELD, () => {
    const bytes = heldBytes();
    return bytes <= bytesMax || `the server holds ${bytes} B for ${forWhom}, more than ${bytesMax}`;
  });
}
