/** Requests of one caller in a window of time. */
export const LIMIT = 2;
export const WINDOW_S = 10;

const keyOf = (who) => `requests:${who}`;

/** Whether it may go on. What others have counted between the two is not seen. */
export async function getThenIncrement(client, who) {
  if (Number(await client.get(keyOf(who))) >= LIMIT) return false;
  await client.multi().incr(keyOf(who)).expire(keyOf(who), WINDOW_S, 'NX').exec();
  return true;
}

/** Counts, and then looks at what it has counted. */
export async function increment(client, who) {
  const counted = client.multi().incr(keyOf(who)).expire(keyOf(who), WINDOW_S, 'NX');
  const [[, count]] = await counted.exec();
  return count <= LIMIT;
}
