import type { Program, Sys } from 'heddle';
import { Channel } from 'heddle/sync';

/**
 * Asks several sources at once and gives the first answer. As written the channel holds nothing, so
 * whoever answers later waits for ever to be received; with room for all of them nobody does.
 */
export function* firstAnswer(
  sys: Sys,
  sources: readonly ((sys: Sys) => Program<string>)[],
  room: number,
): Program<string | undefined> {
  const answers = new Channel<string>('answers', room);
  for (const source of sources) {
    yield* sys.spawn(function* asks(own) {
      yield* own.chanSend(answers, yield* source(own));
    });
  }
  return (yield* sys.chanReceive(answers)).value;
}
