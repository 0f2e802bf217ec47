import type { World } from '../schedule/world.ts';

/** What reports call {@link heldLaw}. */
export const LAW_HELD = 'what a server holds for others stays within bounds';

/**
 * A server never holds more than `bytesMax` bytes of what it has taken from others and not passed
 * on: one who sends and does not read must not fill its memory.
 * @param heldBytes asked after every step: what has been taken, less what has been passed on
 * @param forWhom whose bytes they are, for the message
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
