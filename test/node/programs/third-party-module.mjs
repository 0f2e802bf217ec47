// A third party by its module: each run has a handler of its own.
export const faults = ['500'];

export default () => {
  let charges = 0;
  return async (request) => Response.json({ id: ++charges, paid: await request.text() });
};
