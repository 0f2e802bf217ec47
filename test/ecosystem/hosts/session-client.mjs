// Two pages of one visitor, each of which keeps something else in the session.
import { setTimeout as sleep } from 'node:timers/promises';

const page = async (name, afterMs) => {
  await sleep(afterMs);
  await fetch('http://server:8080/sessions/1', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ [name]: true }),
  });
};
await Promise.all([page('cart', 0), page('theme', 3)]);
const session = await (await fetch('http://server:8080/sessions/1')).json();
const kept = Object.keys(session).sort().join(', ');
if (kept !== 'cart, theme') throw new Error(`cart and theme were kept, and there is: ${kept}`);
process.exit(0);
