import type { Upcall } from '../../sim/network/carrier.ts';
import { OutsideNetwork, type OutsideOptions } from '../../sim/network/outside.ts';
import { NodeCarrier } from './carrier.ts';

/** The network over node:net. */
export class NodeNetwork extends OutsideNetwork {
  readonly #carrier: NodeCarrier;
  /** Called whenever something has happened that {@link admit} would take in. */
  onReport: () => void = () => {};

  constructor(options: OutsideOptions) {
    const carrier = new NodeCarrier(
      (upcall) => this.report(upcall),
      () => this.nextIncoming(),
    );
    super(carrier, options);
    this.#carrier = carrier;
  }

  protected override report(upcall: Upcall): void {
    super.report(upcall);
    this.onReport();
  }

  /** Close every real socket that is left. */
  close(): Promise<void> {
    return this.#carrier.close();
  }
}
