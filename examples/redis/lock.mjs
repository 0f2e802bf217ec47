/** Takes the lock for so long; false where another holds it. */
export async function acquire(client, name, token, leaseMs) {
  return (await client.set(name, token, 'PX', leaseMs, 'NX')) === 'OK';
}

/** Gives it back if it is still its own. It may be another's when the second command comes. */
export async function checkThenDelete(client, name, token) {
  if ((await client.get(name)) === token) await client.del(name);
}

const COMPARE_AND_DELETE = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
  end
  return 0
`;

/** Both in one step. */
export const compareAndDelete = (client, name, token) =>
  client.eval(COMPARE_AND_DELETE, 1, name, token);
