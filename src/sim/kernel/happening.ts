/**
 * What an event of the surroundings brings about, in fields: a judgement about a run reads these,
 * and never the event's label.
 */
export type Happening = Arrival | SignalArrival | ServiceHappening | OtherHappening;

/** Something of the network's arrives. */
export interface Arrival {
  readonly kind: 'data' | 'SYN' | 'ACK' | 'FIN' | 'RST' | 'UDP';
  /** Addresses as text, `127.0.0.1:7000`. */
  readonly from: string;
  readonly to: string;
  /** Bytes that are under way; 0 for what carries none. */
  readonly bytes: number;
}

/** A signal reaches the process of this name. */
export interface SignalArrival {
  readonly kind: 'signal';
  readonly signal: string;
  readonly process: string;
}

/** A call of a service goes on. */
export interface ServiceHappening {
  readonly kind: 'service';
  readonly service: string;
  /** The call as the program wrote it: `get("12A")`. */
  readonly call: string;
  /** Its method is called, its promise is fulfilled, or rejected. */
  readonly phase: 'begins' | 'answers' | 'fails';
  /** What the promise is settled with, in a few characters; empty for one that begins. */
  readonly value: string;
  /** The user's line that made the call, where it is known. */
  readonly where: string | undefined;
}

/** What concerns neither the network nor a signal, in words. */
export interface OtherHappening {
  readonly kind: 'other';
  readonly text: string;
  /** The user's line that asked for it, where there is one and it is known. */
  readonly where?: string | undefined;
}

/**
 * The label by which schedules and failure files know an event: `net SYN a:1→b:2`, `net a:1→b:2`
 * for data, `net a:1→b:2 FIN`.
 */
export function labelOf(happening: Happening): string {
  switch (happening.kind) {
    case 'data':
      return `net ${happening.from}→${happening.to}`;
    case 'SYN':
    case 'UDP':
      return `net ${happening.kind} ${happening.from}→${happening.to}`;
    case 'signal':
      return `${happening.signal} to ${happening.process}`;
    case 'service':
      return `${happening.service} ${happening.call} ${happening.phase}`;
    case 'other':
      return happening.text;
    default:
      return `net ${happening.from}→${happening.to} ${happening.kind}`;
  }
}
