// fastify: a route with a schema, a hook, its own inject over real HTTP.
import Fastify from 'fastify';

const app = Fastify();
app.addHook('onSend', async (_request, reply) => {
  reply.header('x-hook', 'yes');
});
app.post(
  '/double',
  { schema: { body: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } } },
  async (request) => ({ double: request.body.n * 2 }),
);
const address = await app.listen({ port: 0, host: '127.0.0.1' });
const post = async (body) => {
  const response = await fetch(`${address}/double`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  return `${response.status} ${response.headers.get('x-hook')} ${(await response.text()).slice(0, 40)}`;
};
console.log(await post('{"n":21}'));
console.log(await post('{}'));
await app.close();
