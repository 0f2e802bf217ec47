// Delivers an event, and once more some milliseconds later, as if no answer had come.
import { setTimeout as sleep } from 'node:timers/promises';

const deliver = () =>
  fetch('http://server:8080/hook', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'e1', amount: 10 }),
  });
const first = deliver();
await sleep(3);
await Promise.all([first, deliver()]);
const balance = await (await fetch('http://server:8080/balance')).json();
if (balance !== 10) throw new Error(`10 were paid once, and the balance is ${balance}`);
process.exit(0);
