/** Languages that a trace can speak. */
export const FORMAT_NAMES = ['text', 'json', 'mermaid', 'shiviz', 'perfetto', 'pcapng'] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];
