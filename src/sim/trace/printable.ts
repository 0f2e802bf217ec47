/**
 * What must not reach a terminal as it is: C0 but for the line feed and the tab, DEL, C1, what
 * turns the direction of writing (UAX #9), the separators of lines and paragraphs, and halves of
 * surrogate pairs.
 */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/**
 * Text that comes from programs, clients, files or laws, so that a terminal shows it and does not
 * obey it: ESC is `\u001b`. JSON stays the JSON that it was.
 */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
