import type { Runtime } from 'node:inspector';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Realm } from './debugged-process.ts';

/** Fields of one object that are listed: an editor shows them all at once. */
const FIELDS_MAX = 1000;
/** Bytes that are shown as text: a line of a panel. */
const TEXT_BYTES_MAX = 64;

/** A value with what is in it, made here and not the program's. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
  readonly inside?: readonly NamedValue[];
}

/** What can be opened: objects of the program as one list, or values made here. */
type Opened = readonly string[] | (() => readonly NamedValue[]);

/** All that can be opened while a run stands still; numbers are the protocol's references. */
export class Variables {
  readonly #realm: Realm;
  readonly #opened: Opened[] = [];

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** What stands for the fields of those objects; of two of one name the first is shown. */
  objects(ids: readonly string[]): number {
    return this.#opened.push(ids);
  }

  /** What stands for values that are made when they are asked for. */
  values(make: () => readonly NamedValue[]): number {
    return this.#opened.push(make);
  }

  async read(reference: number): Promise<DebugProtocol.Variable[]> {
    const opened = this.#opened[reference - 1];
    if (opened === undefined) throw new Error('the run has moved on since');
    if (typeof opened === 'function') {
      return opened().map(({ name, value, inside }) => {
        const variablesReference = inside === undefined ? 0 : this.values(() => inside);
        return { name, value, variablesReference };
      });
    }
    const found = new Map<string, DebugProtocol.Variable>();
    for (const id of opened) {
      for (const field of await this.#fieldsOf(id)) {
        if (!found.has(field.name)) found.set(field.name, field);
      }
    }
    return [...found.values()];
  }

  /** A value of the program's, as the protocol has it. */
  shown(value: Runtime.RemoteObject): { value: string; type: string; variablesReference: number } {
    const { objectId, type, subtype, className } = value;
    const opens = objectId !== undefined && type !== 'symbol' && subtype !== 'null';
    return {
      value: valueText(value),
      type: className ?? type,
      variablesReference: opens ? this.objects([objectId]) : 0,
    };
  }

  async #fieldsOf(objectId: string): Promise<DebugProtocol.Variable[]> {
    const { result, internalProperties = [] } =
      await this.#realm.post<Runtime.GetPropertiesReturnType>('Runtime.getProperties', {
        ...{ objectId, ownProperties: true, generatePreview: true },
      });
    const fields = result.slice(0, FIELDS_MAX).map(({ name, value, get }) => {
      if (value !== undefined) return { name, ...this.shown(value) };
      // Asking it would run the program's code.
      const text = get === undefined ? 'not there yet' : 'a getter';
      return { name, value: `(${text})`, variablesReference: 0 };
    });
    if (result.length > FIELDS_MAX) {
      const value = `${result.length - FIELDS_MAX} more`;
      fields.push({ name: '…', value, variablesReference: 0 });
    }
    const entries = internalProperties.filter(({ name }) => name === '[[Entries]]');
    return [
      ...fields,
      ...entries.flatMap(({ name, value }) => (value ? { name, ...this.shown(value) } : [])),
    ];
  }
}

/** A value in a line. */
function valueText(value: Runtime.RemoteObject): string {
  if (value.type === 'string') return JSON.stringify(value.value);
  if (value.type === 'undefined') return 'undefined';
  if (value.subtype === 'null') return 'null';
  if (value.unserializableValue !== undefined) return value.unserializableValue;
  if (value.type === 'function') return `${/^[^\n{]*/.exec(value.description ?? '')?.[0]}…`;
  if (value.type !== 'object') return String(value.value ?? value.description);
  return objectText(value);
}

function objectText({ description = '', subtype, preview }: Runtime.RemoteObject): string {
  if (preview === undefined || subtype === 'error') return description;
  const numbers = preview.properties.filter(({ name }) => /^\d+$/.test(name));
  if (subtype === 'typedarray' && description.startsWith('Uint8Array')) {
    return `${description} ${bytesText(numbers.map(({ value }) => Number(value)))}`;
  }
  const parts = (subtype === 'array' ? numbers : preview.properties).map(
    ({ name, type, value }) => {
      const text = type === 'string' ? JSON.stringify(value) : (value ?? type);
      return subtype === 'array' ? text : `${name}: ${text}`;
    },
  );
  for (const { key, value } of preview.entries ?? []) {
    const { description: text = '' } = value;
    parts.push(key === undefined ? text : `${key.description ?? ''} → ${text}`);
  }
  const rest = preview.overflow ? [...parts, '…'] : parts;
  if (subtype === 'array') return `${description} [${rest.join(', ')}]`;
  const name = description === 'Object' ? '' : `${description} `;
  return `${name}{${rest.join(', ')}}`;
}

/** What was received is most often text. */
function bytesText(bytes: readonly number[]): string {
  const text = Buffer.from(bytes.slice(0, TEXT_BYTES_MAX)).toString('utf8');
  return `${JSON.stringify(text)}${bytes.length > TEXT_BYTES_MAX ? '…' : ''}`;
}
