import { type Scenario, scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { client, server } from './echo.ts';

export const echo: Scenario = scenario('hello comes back', (world) => {
  let answer = '';
  const ask: typeof client = async (sys) => (answer = await client(sys));
  world.process('server').spawn('server', server);
  world.process('client').spawn('client', ask, { afterListen: 7000 });
  world.finally('the client gets its bytes back', () => answer === 'hello' || `it got "${answer}"`);
});

fuzz(echo, { runs: 2000 });
