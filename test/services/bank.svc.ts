import { deadlock, inOrder, lostUpdate, retried } from '../../examples/bank/scenario.ts';
import { fails, holds } from './races.ts';

fails(lostUpdate, /the accounts hold/);
fails(deadlock, /deadlock detected/);
holds(inOrder);
holds(retried);
