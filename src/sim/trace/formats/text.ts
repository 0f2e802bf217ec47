import type { TraceModel } from '../model.ts';

/** The whole trace as a table: for terminals, pagers and grep. */
export function asText(model: TraceModel): string {
  const { steps, lanes, decisions, failure } = model;
  const decided = new Set(
    decisions
      .filter(({ choice, kind }) => choice !== 0 && kind !== 'swarm')
      .map(({ step }) => step),
  );
  const names = steps.map(({ lane, kind }) => {
    if (kind === 'time') return 'time';
    if (kind === 'service') return 'service';
    return kind === 'arrival' || lane === null ? 'net' : (lanes[lane]?.name ?? '');
  });
  const width = Math.max(4, ...names.map(({ length }) => length));
  const lines = [model.scenario, ''];
  steps.forEach((step, index) => {
    const number = index + 1;
    const mark = failure?.step === number ? '✗' : decided.has(number) ? '◆' : ' ';
    const time = `${Number(step.timeMs.toFixed(3))} ms`;
    const result = step.result === '' ? '' : ` → ${step.result}`;
    const after = step.after === '' ? '' : ` · ${step.after}`;
    const where = step.where === '' ? '' : `  (${step.where})`;
    lines.push(
      `${mark} ${String(number).padStart(5)} ${time.padStart(10)}  ${(names[index] as string).padEnd(width)}  ${step.did}${result}${after}${where}`,
    );
  });
  lines.push('');
  if (failure === null) lines.push('passes');
  else lines.push(`✗ ${failure.message}`, `  law  ${failure.law}`);
  lines.push(`  schedule  ${model.schedule}`, `  digest    ${model.digest}`);
  return `${lines.join('\n')}\n`;
}
