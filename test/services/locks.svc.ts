import {
  comparedLock,
  countedLimiter,
  deletedLock,
  racyLimiter,
  soldOnce,
  soldTwice,
} from '../../examples/redis/scenario.ts';
import { fails, holds } from './races.ts';

fails(deletedLock, /has the lock of/);
fails(racyLimiter, /requests went on/);
fails(soldTwice, /3 were sold, of 2/);
holds(comparedLock);
holds(countedLimiter);
holds(soldOnce);
