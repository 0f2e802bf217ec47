import { hostsScenario, type Scenario } from 'heddle';

const FOLDER = import.meta.dirname;

/** The server's host loses its power once, somewhere, and comes back after 100 ms. */
const queue = (server: string): Scenario =>
  hostsScenario({
    hosts: [
      { host: 'server', program: `${FOLDER}/${server}.mjs`, args: [] },
      { host: 'client', program: `${FOLDER}/client.mjs`, args: [] },
    ],
    faults: ['power'],
  });

export const jobs: Scenario = queue('server');
export const jobsFixed: Scenario = queue('server-fixed');
