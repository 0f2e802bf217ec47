/** Takes one of what is left; false where nothing is. What others take between the two is sold twice. */
export async function getThenSet(client, name) {
  const left = Number(await client.get(name));
  if (left === 0) return false;
  await client.set(name, left - 1);
  return true;
}

/** Only if nobody has changed it since it was looked at; else it looks again. */
export async function watched(client, name) {
  for (;;) {
    await client.watch(name);
    const left = Number(await client.get(name));
    if (left === 0) {
      await client.unwatch();
      return false;
    }
    const done = await client
      .multi()
      .set(name, left - 1)
      .exec();
    if (done !== null) return true;
  }
}
