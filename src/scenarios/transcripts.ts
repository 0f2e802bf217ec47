/**
 * What the articles' servers and clients printed in the runs of their authors, and the scenarios in
 * which some schedule prints the same.
 *
 * # What differs
 * The protocol server of the article spoke IPv6 and ran on macOS: `::1` is 127.0.0.1 here, the line
 * that names the selector is left out, and so is the first server's line break in the middle of a
 * message, which is the article's page.
 */
import type { Server } from '../models/model.ts';
import * as protocol from '../models/protocol.ts';
import * as selectClient from '../models/select-client.ts';
import * as selectQueues from '../models/select-queues.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';

const PORT = 10_000;
const STDERR = "<_io.TextIOWrapper name='<stderr>' mode='w' encoding='UTF-8'>";

export const SELECT_SERVER_TRANSCRIPT: string = `${STDERR} starting up on localhost port 10000

waiting for the next event
new connection from ('127.0.0.1', 19915)

waiting for the next event
new connection from ('127.0.0.1', 19916)

waiting for the next event
${STDERR} received "b'This is the message. '" from ('127.0.0.1', 19915)

waiting for the next event
sending "b'This is the message. '" to ('127.0.0.1', 19915)

waiting for the next event
output queue for ('127.0.0.1', 19915) is empty

waiting for the next event
${STDERR} received "b'This is the message. '" from ('127.0.0.1', 19916)

waiting for the next event
sending "b'This is the message. '" to ('127.0.0.1', 19916)

waiting for the next event
output queue for ('127.0.0.1', 19916) is empty

waiting for the next event
${STDERR} received "b'It will be sent '" from ('127.0.0.1', 19915)

waiting for the next event
sending "b'It will be sent '" to ('127.0.0.1', 19915)

waiting for the next event
output queue for ('127.0.0.1', 19915) is empty

waiting for the next event
${STDERR} received "b'It will be sent '" from ('127.0.0.1', 19916)

waiting for the next event
sending "b'It will be sent '" to ('127.0.0.1', 19916)

waiting for the next event
output queue for ('127.0.0.1', 19916) is empty

waiting for the next event
${STDERR} received "b'in parts.'" from ('127.0.0.1', 19915)

waiting for the next event
sending "b'in parts.'" to ('127.0.0.1', 19915)

waiting for the next event
output queue for ('127.0.0.1', 19915) is empty

waiting for the next event
${STDERR} received "b'in parts.'" from ('127.0.0.1', 19916)

waiting for the next event
sending "b'in parts.'" to ('127.0.0.1', 19916)

waiting for the next event
output queue for ('127.0.0.1', 19916) is empty

waiting for the next event
closing ('127.0.0.1', 19916) after reading no data

waiting for the next event
closing ('127.0.0.1', 19916) after reading no data

waiting for the next event
`;

export const SELECT_CLIENT_TRANSCRIPT: string = `${STDERR} connecting to localhost port 10000
${STDERR} ('127.0.0.1', 19915): sending "This is the message. "
${STDERR} ('127.0.0.1', 19916): sending "This is the message. "
${STDERR} ('127.0.0.1', 19915): received "b'This is the message. '"
${STDERR} ('127.0.0.1', 19916): received "b'This is the message. '"
${STDERR} ('127.0.0.1', 19915): sending "It will be sent "
${STDERR} ('127.0.0.1', 19916): sending "It will be sent "
${STDERR} ('127.0.0.1', 19915): received "b'It will be sent '"
${STDERR} ('127.0.0.1', 19916): received "b'It will be sent '"
${STDERR} ('127.0.0.1', 19915): sending "in parts."
${STDERR} ('127.0.0.1', 19916): sending "in parts."
${STDERR} ('127.0.0.1', 19915): received "b'in parts.'"
${STDERR} ('127.0.0.1', 19916): received "b'in parts.'"
`;

const MAIN = 'main: starting up on localhost port 10000\n';

/** The 46 bytes arrived in one piece. */
export const PROTOCOL_TRANSCRIPT_WHOLE: string = `${MAIN}EchoServer_127.0.0.1_55307: connection accepted
EchoServer_127.0.0.1_55307: received b'This is the message. It will be sent in parts.'
EchoServer_127.0.0.1_55307: sent b'This is the message. It will be sent in parts.'
EchoServer_127.0.0.1_55307: received EOF
EchoServer_127.0.0.1_55307: closing
`;

/** They arrived in two. (The article shows this run from where its client connects.) */
export const PROTOCOL_TRANSCRIPT_CUT: string = `${MAIN}EchoServer_127.0.0.1_55309: connection accepted
EchoServer_127.0.0.1_55309: received b'This is the message. '
EchoServer_127.0.0.1_55309: sent b'This is the message. '
EchoServer_127.0.0.1_55309: received b'It will be sent in parts.'
EchoServer_127.0.0.1_55309: sent b'It will be sent in parts.'
EchoServer_127.0.0.1_55309: received EOF
EchoServer_127.0.0.1_55309: closing
`;

export const PROTOCOL_CLIENT_TRANSCRIPT: string = `main: waiting for client to complete
EchoClient: connecting to 127.0.0.1 port 10000
EchoClient: sending b'This is the message. '
EchoClient: sending b'It will be sent '
EchoClient: sending b'in parts.'
EchoClient: received b'This is the message. It will be sent in parts.'
EchoClient: received EOF
EchoClient: server closed connection
main: closing event loop
`;

/** Something whose output is compared with a transcript while it comes into being. */
export const LAW_ANOTHER_STORY = 'the output is, so far, that of the transcript';

export interface TranscriptOptions {
  /**
   * What the server is to print, and if need be the client: a run that prints anything else has
   * failed.
   */
  readonly server?: string;
  readonly client?: string;
}

function transcriptScenario(
  name: string,
  server: Server,
  client: Server,
  firstPort: number,
  { server: serverText, client: clientText }: TranscriptOptions,
): Scenario {
  return scenario(
    name,
    (world) => {
      world.process('server').spawn('server', (sys) => server(sys, { port: PORT }));
      world
        .process('client')
        .spawn('client', (sys) => client(sys, { port: PORT }), { afterListen: PORT });
      for (const [process, text] of [
        ['server', serverText],
        ['client', clientText],
      ] as const) {
        if (text === undefined) continue;
        world.always(LAW_ANOTHER_STORY, () => text.startsWith(world.output(process)));
        world.finally(LAW_ANOTHER_STORY, () => world.output(process) === text);
      }
    },
    { network: { ephemeralPorts: [firstPort, firstPort + 1] } },
  );
}

/** The select server, its client of two sockets and three messages. */
export function selectTranscript(options: TranscriptOptions = {}): Scenario {
  const name = 'select-queues: the two-socket client of the article';
  const client: Server = (sys, { port }) =>
    selectClient.asWritten(sys, { port, answered: () => {} });
  return transcriptScenario(name, selectQueues.asWritten, client, 19_915, options);
}

/** The protocol server and its client of three messages. */
export function protocolTranscript(firstPort: number, options: TranscriptOptions = {}): Scenario {
  const name = `protocol: the three-message client of the article, from port ${firstPort}`;
  return transcriptScenario(name, protocol.asWritten, protocol.client, firstPort, options);
}
