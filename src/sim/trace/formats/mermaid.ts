import { causesOf, type TraceModel } from '../model.ts';

/** More arrows than this nobody reads, and neither GitHub nor GitLab draws them well. */
const ARROWS_MAX = 40;

/**
 * The messages of a run as a Mermaid sequence diagram, to be pasted into an issue. Of a longer run,
 * what led to its failure (or to its last step), and of that the last messages.
 */
export function asMermaid(model: TraceModel): string {
  const messages = messagesOf(model);
  const shown = messages.length <= ARROWS_MAX ? messages : slice(model, messages);
  const lanes = [...new Set(shown.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const { failure } = model;
  const failing = failure === null ? null : (model.steps[failure.step - 1]?.lane ?? null);
  if (failing !== null && !lanes.includes(failing)) lanes.push(failing);
  if (lanes.length === 0) lanes.push(...model.lanes.keys());
  const lines = ['sequenceDiagram', `  %% ${entities(model.scenario)}`];
  for (const lane of lanes)
    lines.push(`  participant t${lane} as ${entities(nameOf(model, lane))}`);
  const left = messages.length - shown.length;
  if (left > 0) lines.push(`  Note over t${lanes[0]}: ${left} messages before and beside these`);
  for (const { from, to, text, step } of shown) {
    const head = /^(RST|refused)$/.test(text) ? '-x' : /^(SYN|FIN)$/.test(text) ? '--)' : '->>';
    lines.push(`  t${from}${head}t${to}: ${entities(messageText(model, step, text))}`);
  }
  if (failure !== null) {
    lines.push(`  Note over t${failing ?? lanes[0]}: ✗ ${entities(failure.message)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `◆ 12 "ab" (accept fd 3)`: the step, whether it was decided, what came, and by which call. */
function messageText({ decisions, steps }: TraceModel, step: number, text: string): string {
  const isDecided = decisions.some(
    (one) => one.step === step && one.choice !== 0 && one.matters !== false,
  );
  const { call = '', did = '' } = steps[step - 1] ?? {};
  return `${isDecided ? '◆ ' : ''}${step} ${text}${call === '' ? '' : ` (${did})`}`;
}

interface Message {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** The step in which it arrives. */
  readonly step: number;
}

/**
 * From the task that sends to the task it is for; where it arrives as a step of its own, it is told
 * once.
 */
function messagesOf({ arrows, steps }: TraceModel): Message[] {
  const messages: Message[] = [];
  for (const arrow of arrows) {
    if (arrow.kind !== 'message') continue;
    const [sent, met] = [steps[arrow.from - 1], steps[arrow.to - 1]];
    if (sent === undefined || met === undefined || sent.kind === 'arrival') continue;
    if (sent.lane === null || met.lane === null) continue;
    messages.push({ from: sent.lane, to: met.lane, text: arrow.text, step: arrow.to });
  }
  return messages;
}

function slice(model: TraceModel, messages: readonly Message[]): Message[] {
  const causes = causesOf(model, model.failure?.step ?? model.steps.length);
  const led = messages.filter(({ step }) => causes.has(step));
  return (led.length === 0 ? [...messages] : led).slice(-ARROWS_MAX);
}

function nameOf({ lanes }: TraceModel, lane: number): string {
  return lanes[lane]?.name ?? '';
}

/**
 * What Mermaid's grammar would take for its own is written as an entity (`#35;`), and a text is one
 * line.
 */
function entities(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[#;%<>{}]/g, (character) => `#${character.charCodeAt(0)};`);
}
