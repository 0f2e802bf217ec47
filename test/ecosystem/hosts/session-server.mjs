// Sessions in a store that answers later: each request reads one, changes it and writes it back.
// VERSION: repaired works on one request of a session after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';

const store = new Map();
const read = (id) => sleep(Math.random() * 2).then(() => ({ ...store.get(id) }));
const write = (id, session) => sleep(Math.random() * 2).then(() => store.set(id, session));
const change = async (id, by) => write(id, Object.assign(await read(id), by));

const last = new Map();
const inTurn = (id, work) => {
  const turn = (last.get(id) ?? Promise.resolve()).then(work);
  last.set(id, turn);
  return turn;
};

const app = fastify();
app.post('/sessions/:id', async ({ params: { id }, body }) => {
  const work = () => change(id, body);
  await (process.argv[2] === 'repaired' ? inTurn(id, work) : work());
  return 'ok';
});
app.get('/sessions/:id', ({ params: { id } }) => read(id));
await app.listen({ port: 8080, host: '0.0.0.0' });
