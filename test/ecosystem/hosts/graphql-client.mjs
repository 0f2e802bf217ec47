// Asks one question as soon as its connection is acknowledged.
import { createClient } from 'graphql-ws-repaired';
import WebSocket from 'ws';

const client = createClient({
  url: 'ws://server:8080/',
  webSocketImpl: WebSocket,
  retryAttempts: 0,
});
await new Promise((resolve, reject) => {
  let answer;
  client.subscribe(
    { query: '{ hello }' },
    {
      next: ({ data }) => {
        answer = data?.hello;
      },
      complete: () => (answer === 'world' ? resolve() : reject(new Error(`answer: ${answer}`))),
      error: (event) =>
        reject(event instanceof Error ? event : new Error(`closed: ${event.code} ${event.reason}`)),
    },
  );
});
process.exit(0);
