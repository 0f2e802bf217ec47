// davidyaha/graphql-redis-subscriptions#598: somebody who leaves a channel while another is about to
// join it takes the subscription away that both share.
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';

const { RedisPubSub } = await import(`graphql-redis-subscriptions-${process.argv[2]}`);
const connect = () => new Redis({ host: 'server', port: 8080 });
const pubsub = new RedisPubSub({ publisher: connect(), subscriber: connect() });
const heard = [];
const leaves = async () => pubsub.unsubscribe(await pubsub.subscribe('news', () => {}));
await Promise.all([leaves(), pubsub.subscribe('news', (what) => heard.push(what))]);
await sleep(50);
await pubsub.publish('news', 'hello');
await sleep(50);
if (heard.length !== 1) throw new Error(`published once, and heard ${heard.length} times`);
process.exit(0);
