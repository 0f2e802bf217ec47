import {
  comparedLock,
  countedLimiter,
  deletedLock,
  racyLimiter,
} from '../../examples/redis/scenario.ts';
import { fails, holds } from './races.ts';

fails(deletedLock, /has the lock of/);
fails(racyLimiter, /requests went on/);
holds(comparedLock);
holds(countedLimiter);
