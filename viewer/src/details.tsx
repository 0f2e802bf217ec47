/**
 * What there is to say of one step: what it did, why, what could have been done instead, and where
 * it stands in the program.
 */
import type { ComponentChildren, JSX } from 'preact';
import type { Alternative, Arrow } from '../../src/sim/trace/model.ts';
import type { PageData, Sources } from '../../src/sim/trace/page.ts';
import { Command } from './footer.tsx';
import { GLYPH, GLYPH_TEXT } from './marks.tsx';
import type { Choice, Run } from './run.ts';
import { StatePanel } from './state.tsx';
import { isErrno } from './timeline.tsx';

export interface DetailsProps {
  readonly run: Run;
  readonly step: number;
  readonly data: PageData;
  readonly onSelect: (step: number) => void;
}

export function Details({ run, step: number, data, onSelect }: DetailsProps): JSX.Element {
  const step = run.step(number);
  const mark = run.mark(number);
  const { failure } = run.model;
  if (step === undefined) return <aside class="details" />;
  return (
    <aside class="details" aria-label={`Step ${number}`}>
      <section class="card step">
        <p class="eyebrow">
          step {number} of {run.length} · {Number(step.timeMs.toFixed(3))} ms
          {step.kind === 'sleep' ? ' · falls asleep' : ''}
        </p>
        <h2>
          <span class={step.lane === null ? '' : `tone${step.lane % 8}`}>{run.who(step)}</span>{' '}
          <code>{step.did}</code>
        </h2>
        {step.result === '' ? null : (
          <p class={`gave${isErrno(step.result) ? ' errno' : ''}`}>
            → <code>{step.result}</code>
          </p>
        )}
        {step.after === '' ? null : <p class="gave">then: {step.after}</p>}
        {mark === undefined ? null : (
          <p class={`why ${mark}`}>
            {GLYPH[mark]}{' '}
            {mark === 'failure' && failure !== null ? failure.message : GLYPH_TEXT[mark]}
          </p>
        )}
        <Links
          run={run}
          title="because of"
          arrows={run.causes(number)}
          end="from"
          onSelect={onSelect}
        />
        <Links
          run={run}
          title="leads to"
          arrows={run.effects(number)}
          end="to"
          onSelect={onSelect}
        />
      </section>
      {run.choices(number).map((choice, index) => (
        <DecisionCard
          key={`${number} ${index}`}
          branch={run.page.branch}
          live={data.live}
          choice={choice}
        />
      ))}
      <Source where={mark === 'failure' && failure?.at ? failure.at : step.where} data={data} />
      <Callers callers={step.callers} data={data} />
      <div class="state">
        <h3>The kernel after step {number}</h3>
        <StatePanel run={run} step={number} />
      </div>
    </aside>
  );
}

const KIND_TEXT: Readonly<Record<string, string>> = {
  message: 'message',
  wake: 'woken',
  ready: 'readiness',
  spawn: 'born',
  memory: 'memory',
  reuse: 'number reused',
};

interface LinksProps {
  readonly run: Run;
  readonly title: string;
  readonly arrows: readonly Arrow[];
  readonly end: 'from' | 'to';
  readonly onSelect: (step: number) => void;
}

function Links({ run, title, arrows, end, onSelect }: LinksProps): JSX.Element | null {
  if (arrows.length === 0) return null;
  return (
    <div class="links">
      <h3>{title}</h3>
      <ul>
        {arrows.map((arrow) => {
          const other = run.step(arrow[end]);
          return (
            <li key={`${arrow.kind}${arrow[end]}`}>
              <button type="button" onClick={() => onSelect(arrow[end])}>
                <span class={`kind ${arrow.kind}`}>{KIND_TEXT[arrow.kind]}</span>
                <span class="number">{arrow[end]}</span> {run.who(other)} {other?.did}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

const QUESTIONS: Readonly<Record<string, string>> = {
  step: 'Who moves next?',
  deliver: 'How much arrives?',
  latency: 'How long does it travel?',
  input: 'An input of the scenario',
  swarm: 'May this fault occur in this run?',
  begun: 'Had the call begun?',
  listener: 'Which listener gets it?',
};

interface DecisionCardProps {
  readonly branch: string;
  readonly live: boolean;
  readonly choice: Choice;
}

function DecisionCard({ branch, live, choice }: DecisionCardProps): JSX.Element {
  const { kind, about, alternatives, arity, matters } = choice;
  const left = arity - alternatives.length;
  return (
    <section class={`card decision${choice.choice === 0 ? '' : ' restless'}`} aria-label="Decision">
      <p class="eyebrow">
        {choice.choice === 0
          ? 'decision, the calm alternative'
          : `decision ${matters === false ? '◇' : '◆'}`}
        {matters === true ? ' · the failure needs it' : ''}
        {matters === false ? ' · the run fails without it too' : ''}
      </p>
      <h3>
        {QUESTIONS[kind] ?? `Does the fault ${kind} strike?`}
        {kind === 'step' || about === '' ? null : <small> {about}</small>}
      </h3>
      <ul class="roads">
        {alternatives.map((road) => (
          <Road
            key={road.choice}
            road={road}
            command={`${branch}${road.decision}:${road.choice}`}
            live={live}
            taken={road.choice === choice.choice}
          />
        ))}
      </ul>
      {left > 0 ? <p class="nothing">and {left} more between these</p> : null}
    </section>
  );
}

interface RoadProps {
  readonly road: Alternative;
  /** What takes it. */
  readonly command: string;
  /** It can be taken from here. */
  readonly live: boolean;
  readonly taken: boolean;
}

function Road({ road, command, live, taken }: RoadProps): JSX.Element {
  return (
    <li class={taken ? 'taken' : ''}>
      <span class="bullet" aria-hidden="true">
        {taken ? '●' : '○'}
      </span>
      {taken ? (
        <span class="what">
          <span class="sr">taken: </span>
          {road.text}
        </span>
      ) : (
        <details class="take">
          <summary class="what" title="the command that takes it">
            <span class="sr">not taken: </span>
            {road.text}
          </summary>
          {live ? <a href={`?take=${command.split(' ').at(-1)}`}>take it</a> : null}
          <Command text={command} />
        </details>
      )}
      <Outcome road={road} taken={taken} />
    </li>
  );
}

function Outcome({ road, taken }: { road: Alternative; taken: boolean }): JSX.Element {
  if (taken) return <span class="outcome">taken</span>;
  switch (road.outcome) {
    case 'passes':
      return <span class="outcome passes">✓ passes, {road.steps} steps</span>;
    case 'same failure':
      return <span class="outcome fails">✗ fails the same way</span>;
    case 'another failure':
      return (
        <span class="outcome fails" title={road.message}>
          ✗ fails otherwise: {road.message}
        </span>
      );
    default:
      return <span class="outcome">not looked at</span>;
  }
}

/** The user's line with its neighbours. */
function Source({ where, data }: { where: string; data: PageData }): JSX.Element | null {
  const [, file = '', line = '', column = '1'] = /^(.*?):(\d+)(?::(\d+))?$/.exec(where) ?? [];
  const number = Number(line);
  const excerpt = data.sources[file]?.find(
    ({ line: first, lines }) => first <= number && number < first + lines.length,
  );
  if (file === '') return null;
  return (
    <section class="card source" aria-label="Source">
      <p class="eyebrow">
        source ·{' '}
        <a href={editorLink(data.folder, file, `${line}:${column}`)} title="open in VS Code">
          {file}:{number}
        </a>
      </p>
      {excerpt === undefined ? null : <Code excerpt={excerpt} number={number} />}
    </section>
  );
}

/** By which lines the program came there. */
function Callers({ callers, data }: { callers: string; data: PageData }): JSX.Element | null {
  if (callers === '') return null;
  return (
    <section class="card callers" aria-label="Called by">
      <p class="eyebrow">called by</p>
      <ol>
        {callers.split('\n').map((caller, index) => {
          const [where = '', name] = caller.split('\t');
          const [, file = '', line = '', column = '1'] = /^(.*):(\d+):(\d+)$/.exec(where) ?? [];
          return (
            <li key={`${index} ${where}`}>
              <a href={editorLink(data.folder, file, `${line}:${column}`)} title="open in VS Code">
                {file}:{line}
              </a>{' '}
              <code>{name}</code>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** A file that was built elsewhere is not in the folder; the editor says so. */
function editorLink(folder: string, file: string, at: string): string {
  const path = /^(?:[/\\]|[A-Za-z]:)/.test(file) ? file : `${folder}/${file}`;
  const parts = path.replaceAll('\\', '/').replace(/^\//, '').split('/');
  return `vscode://file/${parts.map(encodeURIComponent).join('/')}:${at}`;
}

const AROUND = 4;

function Code({
  excerpt,
  number,
}: {
  excerpt: Sources[string][number];
  number: number;
}): ComponentChildren {
  const from = Math.max(excerpt.line, number - AROUND);
  const lines = excerpt.lines.slice(from - excerpt.line, number + AROUND + 1 - excerpt.line);
  return (
    <pre>
      {lines.map((text, index) => (
        <div key={index} class={from + index === number ? 'here' : ''}>
          <span class="line">{from + index}</span>
          {text === '' ? ' ' : text}
        </div>
      ))}
    </pre>
  );
}
