import { type Confidence, confidenceText } from '../sim/explore/confidence.ts';
import { WIDTH_MAX, wrapText } from '../sim/trace/report.ts';
import type { Output } from './output.ts';

/** What it means that a scenario passed, and no more. */
export function printConfidence(confidence: Confidence, out: Output): void {
  for (const sentence of confidenceText(confidence)) {
    wrapText(sentence, WIDTH_MAX - 4).forEach((line, index) => {
      out.line(`  ${index === 0 ? '·' : ' '} ${line}`);
    });
  }
}
