/** Blocks of code of a page of Markdown, each with where it stands and which file it is. */

export interface Block {
  readonly language: string;
  readonly text: string;
  /** The file whose name stands alone in the paragraph above. */
  readonly file: string | undefined;
  /** The heading of second level above it. */
  readonly section: string;
  /** The heading of third level above it: the test runner it is for. */
  readonly runner: string | undefined;
  /** Of the page, from 1. */
  readonly line: number;
}

const FILE_NAME = /^`([^`\s]+)`:?$/;

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = page.split('\n');
  let section = '';
  let runner: string | undefined;
  let paragraph = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const [, level, title] = /^(##+) (.+)$/.exec(line) ?? [];
    if (level !== undefined) {
      runner = level === '###' ? title : undefined;
      if (level === '##') section = title as string;
    }
    const fence = /^(```+)(\w*)$/.exec(line);
    if (fence === null) {
      if (line.trim() !== '') paragraph = line.trim();
      continue;
    }
    const end = lines.indexOf(fence[1] as string, at + 1);
    blocks.push({
      language: fence[2] as string,
      text: `${lines.slice(at + 1, end).join('\n')}\n`,
      file: FILE_NAME.exec(paragraph)?.[1],
      section,
      runner,
      line: at + 1,
    });
    paragraph = '';
    at = end;
  }
  return blocks;
}
