// Awaits what nobody settles.
await new Promise(() => {});
