/**
 * One client that sends more than a server should hold for it: one that never reads, or, where
 * messages go into a queue, one whose first message is half a character.
 */
import type { Model } from '../models/model.ts';
import type { FaultName } from '../sim/kernel/choices.ts';
import { heldLaw } from '../sim/laws/held.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { type ClientPlan, echoScenario, SERVER_FAULTS, type Variant } from './echo.ts';
import { type Tally, tallied } from './tally.ts';

/** asyncio's high-water mark, and what one recv of its may add to that. */
const HELD_BYTES_MAX = 65_536 + 262_144;
const DEAF_BYTES = 2 * HELD_BYTES_MAX;
/** So that what is on the way between client and server is little beside that. */
const BUFFER_BYTES = 4096;

/** Half a character: whoever decodes a piece by itself dies of it. */
const HALF = new TextEncoder().encode('日').subarray(0, 2);
const MESSAGE_BYTES = 1024;
/** What the bounded queues of the corrected servers hold, and one message of each who waits. */
const QUEUED_BYTES_MAX = 65 * MESSAGE_BYTES;
/** So many that a queue which nobody empties holds too much. */
const MESSAGES = QUEUED_BYTES_MAX / MESSAGE_BYTES + 2;

export function memoryScenario(model: Model, variant: Variant): Scenario {
  return model.mergesMessages ? queueScenario(model, variant) : deafScenario(model, variant);
}

/** With these a long message takes more steps than a run has. */
const IN_LITTLE_BITES: readonly FaultName[] = [
  'shortRead',
  'shortWrite',
  'byteAtATime',
  'tinyBuffers',
];

const faultsOf = (variant: Variant): readonly FaultName[] =>
  variant === 'asWritten' ? [] : SERVER_FAULTS.filter((name) => !IN_LITTLE_BITES.includes(name));

function deafScenario(model: Model, variant: Variant): Scenario {
  const plan: ClientPlan = { manner: 'deaf', pieces: [new Uint8Array(DEAF_BYTES)] };
  return echoScenario(model, variant, {
    title: 'a client that sends and does not read',
    clients: [plan],
    bufferBytes: BUFFER_BYTES,
    serving: (world, server) => {
      const tally: Tally = { takenBytes: 0, givenBytes: 0 };
      const held = () => tally.takenBytes - tally.givenBytes;
      heldLaw(world, HELD_BYTES_MAX, held, 'a client that does not read');
      return tallied(server, tally);
    },
    faults: faultsOf(variant),
  });
}

function queueScenario(model: Model, variant: Variant): Scenario {
  const message = new Uint8Array(MESSAGE_BYTES).fill(0x61);
  const pieces = [HALF, ...Array.from({ length: MESSAGES }, () => message)];
  return echoScenario(model, variant, {
    title: 'a queue that nobody empties',
    clients: [{ manner: 'in-turn', pieces }],
    serving: (world, server) => {
      const tally: Tally = { takenBytes: 0, givenBytes: 0 };
      let processedBytes = 0;
      const held = () => tally.givenBytes - processedBytes;
      heldLaw(world, QUEUED_BYTES_MAX, held, 'its consumer');
      const counted = tallied(server, tally);
      return (sys, { probe, ...options }) => {
        const processed: NonNullable<typeof probe>['processed'] = (address, data) => {
          processedBytes += data.length;
          probe?.processed(address, data);
        };
        const putting: NonNullable<typeof probe>['putting'] = (address, data) =>
          probe?.putting(address, data) ?? (() => {});
        return counted(sys, { ...options, probe: { putting, processed } });
      };
    },
    faults: faultsOf(variant),
  });
}
