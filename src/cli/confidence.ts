import { type Confidence, confidenceText } from '../sim/explore/confidence.ts';
import { WIDTH_MAX, wrapText } from '../sim/trace/report.ts';
import type { Output } from './output.ts';

/** What it means that a scenario passed, and no more. */
export function printConfidence(confidence: Confidence, out: Output): void {
  printSentences(confidenceText(confidence), out);
}

/** Sentences below what has survived, each with a dot. */
export function printSentences(sentences: readonly string[], out: Output): void {
  for (const sentence of sentences) {
    wrapText(sentence, WIDTH_MAX - 4).forEach((line, index) => {
      out.line(`  ${index === 0 ? '·' : ' '} ${line}`);
    });
  }
}
