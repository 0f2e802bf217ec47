import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Internal, Internals } from './internals.ts';

const FRAME = /\n {4}at (?:.* \()?((?:file:\/\/)?\/.+):(\d+):(\d+)\)?(?:\n|$)/;

/**
 * What stands above the message of an error of which the program dies: C++ shows where it was
 * thrown, which it no longer knows once heddle has caught it, and then shows where it was made
 * (AppendExceptionLine in src/node_errors.cc). So where both are in one statement it is said here.
 *
 * # The line that is shown above the message
 * Of an error that is made elsewhere it is the line where that was.
 */
export function pointAtThrow({ internalBinding }: Internals, error: unknown): void {
  if (!(error instanceof Error) || (process as Internal).sourceMapsEnabled) return;
  const [, script, line, column] = FRAME.exec(String(error.stack)) ?? [];
  if (script === undefined) return;
  const text = lineOf(script, Number(line));
  const at = text?.slice(0, Number(column) - 1).search(/\bthrow\s+$/) ?? -1;
  if (text === undefined || at < 0) return;
  const { arrow_message_private_symbol: arrow } = internalBinding('util').privateSymbols;
  const indent = text.slice(0, at).replace(/[^\t]/g, ' ');
  (error as Internal)[arrow] = `${script}:${line}\n${text}\n${indent}^\n`;
}

function lineOf(script: string, line: number): string | undefined {
  try {
    const path = script.startsWith('file:') ? fileURLToPath(script) : script;
    return readFileSync(path, 'utf8').split('\n')[line - 1];
  } catch {
    // It was no file: nothing is shown but the message.
    return undefined;
  }
}
