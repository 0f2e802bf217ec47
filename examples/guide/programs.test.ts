// The fixed server of docs/guides/programs.md holds where the one in examples/first does not.
import { type Scenario, scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { client } from '../first/echo.ts';
import { server } from '../first/echo-fixed.ts';

const echo: Scenario = scenario('hello comes back, fixed', (world) => {
  let answer = '';
  const ask: typeof client = async (sys) => {
    answer = await client(sys);
    return answer;
  };
  world.process('server').spawn('server', server);
  world.process('client').spawn('client', ask, { afterListen: 7000 });
  world.finally('the client gets its bytes back', () => answer === 'hello' || `it got "${answer}"`);
});

fuzz(echo, { runs: 2000 });
