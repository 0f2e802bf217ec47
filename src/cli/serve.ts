import type { Variant } from '../scenarios/index.ts';

export interface ServeCommand {
  readonly model: string;
  readonly port: number;
  readonly variant: Variant;
}

export async function serveCommand(_command: ServeCommand): Promise<number> {
  throw new Error('pending');
}
