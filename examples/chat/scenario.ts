import { type Scenario, type Sys, scenario } from 'heddle';
import { chatServer, linesOf } from './server.ts';

const PORT = 7000;

/** Two guests who both want to be called anna. */
export function twoAnnas(fixed: boolean): Scenario {
  return scenario(`a name is given once (${fixed ? 'fixed' : 'as it was'})`, (world) => {
    /** Those who have been welcomed and have not left. */
    const present = new Set<string>();
    world.process('server').spawn('server', (sys) => chatServer(sys, PORT, fixed));
    for (const guest of ['one', 'two']) {
      const enter = async (sys: Sys): Promise<void> => {
        const fd = await sys.socket('inet', 'stream');
        await sys.connect(fd, { host: '127.0.0.1', port: PORT });
        await sys.send(fd, new TextEncoder().encode('anna\n'));
        const { value: answer } = await linesOf(sys, fd).next();
        if (answer === 'welcome anna') present.add(guest);
        await sys.nanosleep({ ms: 10 });
        present.delete(guest);
        await sys.close(fd);
      };
      world.process(guest).spawn(guest, enter, { afterListen: PORT });
    }
    world.always('a name belongs to one guest', () => {
      return present.size < 2 || `${[...present].join(' and ')} are both anna`;
    });
  });
}
