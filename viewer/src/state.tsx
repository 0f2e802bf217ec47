/** The kernel after a step: all of it, with what the step has changed. */
import type { JSX } from 'preact';
import type { Change, Run } from './run.ts';

const TITLES: Readonly<Record<string, string>> = {
  clock: 'Clock',
  task: 'Tasks',
  process: 'Descriptor tables',
  ofd: 'Open file descriptions',
  network: 'On the network',
  memory: 'Shared memory',
};

interface Subject {
  readonly name: string;
  readonly fields: {
    readonly name: string;
    readonly value: string;
    readonly change: Change | undefined;
  }[];
}

export function StatePanel({ run, step }: { run: Run; step: number }): JSX.Element {
  const changes = new Map(run.changes(step).map((change) => [change.key, change]));
  const sections = sectionsOf(run.state(step), changes);
  return (
    <>
      {Object.entries(TITLES).map(([section, title]) => {
        const subjects = sections.get(section);
        if (subjects === undefined) return null;
        const changed = subjects.some(({ fields }) =>
          fields.some(({ change }) => change !== undefined),
        );
        return (
          <details key={section} class="section" open data-section={section}>
            <summary>
              {title}
              {changed ? (
                <span class="changed-dot" title="changed in this step">
                  ● changed
                </span>
              ) : null}
            </summary>
            {subjects
              .filter((subject) => !isOver(subject))
              .map((subject) => (
                <SubjectCard key={subject.name} section={section} subject={subject} />
              ))}
            <Over names={subjects.filter(isOver).map(({ name }) => name)} />
          </details>
        );
      })}
    </>
  );
}

/** A task that had ended before this step: there is nothing more to say of it. */
function isOver({ fields }: Subject): boolean {
  const [only] = fields;
  return (
    fields.length === 1 &&
    only?.name === 'state' &&
    only.value === 'ended' &&
    only.change === undefined
  );
}

function Over({ names }: { names: readonly string[] }): JSX.Element | null {
  if (names.length === 0) return null;
  return <p class="nothing over">ended: {names.join(', ')}</p>;
}

function SubjectCard({ section, subject }: { section: string; subject: Subject }): JSX.Element {
  const fields = section === 'process' ? withoutConsole(subject.fields) : subject.fields;
  return (
    <div class="subject">
      {section === 'clock' || section === 'network' ? null : <h4>{subject.name}</h4>}
      {fields.length === 0 ? <p class="nothing">nothing but its console</p> : null}
      <dl>
        {fields.map(({ name, value, change }) => (
          <div
            key={name}
            class={`field${change === undefined ? '' : ' changed'}${change?.after === undefined && change !== undefined ? ' gone' : ''}`}
          >
            <dt>
              {change === undefined ? '' : <span class="sr">changed: </span>}
              {name}
            </dt>
            <dd>
              {value}
              {change === undefined ? null : <Was change={change} />}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Was({ change }: { change: Change }): JSX.Element {
  if (change.after === undefined) return <span class="was">gone</span>;
  return <span class="was">{change.before === undefined ? 'new' : `was ${change.before}`}</span>;
}

/** 0, 1 and 2 are the same in every process. */
function withoutConsole(fields: Subject['fields']): Subject['fields'] {
  return fields.filter(({ name, change }) => change !== undefined || !/^fd [012]$/.test(name));
}

function sectionsOf(
  state: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, Change>,
): Map<string, Subject[]> {
  const sections = new Map<string, Map<string, Subject>>();
  const add = (key: string, value: string): void => {
    const [section = '', subject = '', field = ''] = key.split('\t');
    const subjects = sections.get(section) ?? new Map<string, Subject>();
    sections.set(section, subjects);
    const known = subjects.get(subject) ?? { name: subject, fields: [] };
    subjects.set(subject, known);
    known.fields.push({ name: field, value, change: changes.get(key) });
  };
  for (const [key, value] of state) add(key, value);
  for (const { key, before, after } of changes.values())
    if (after === undefined) add(key, before ?? '');
  const order = (a: Subject, b: Subject): number =>
    a.name.localeCompare(b.name, 'en', { numeric: true });
  return new Map(
    [...sections].map(([section, subjects]) => [
      section,
      section === 'task' ? [...subjects.values()] : [...subjects.values()].sort(order),
    ]),
  );
}
