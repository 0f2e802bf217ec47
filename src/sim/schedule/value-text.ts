/** Longer values are cut: a label is less than half of a line of 96 columns. */
const VALUE_CHARS_MAX = 40;

/** A value of a program's in a label: `"12A"`, `{"seat":1}`, `Error: timeout`, `ƒ onData`. */
export function valueText(value: unknown): string {
  const text = wholeText(value);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX - 1)}…`;
}

/** All of it. */
export function wholeText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `ƒ ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return JSON.stringify(value) ?? `a ${kindOf(value)}`;
  } catch {
    // A circle, a BigInt inside, a toJSON or a getter that throws.
    return `a ${kindOf(value)}`;
  }
}

function kindOf(value: object): string {
  try {
    return value.constructor.name;
  } catch {
    return 'object';
  }
}
