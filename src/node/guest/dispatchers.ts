/** undici keeps the agent that fetch goes through under such a name, where others of it find it. */
export const isDispatcher = (key: PropertyKey): key is symbol =>
  typeof key === 'symbol' && key.description?.startsWith('undici.globalDispatcher') === true;
