// The clients are installed by `npm run services` alone.
// biome-ignore lint/suspicious/noExplicitAny: each has a method for each command
export type Commands = any;
export function ioredis(more?: Readonly<Record<string, unknown>>): Commands;
export function nodeRedis(more?: Readonly<Record<string, unknown>>): Promise<Commands>;
