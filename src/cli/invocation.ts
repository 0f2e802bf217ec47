export { HEDDLE, nextCommands } from '../sim/trace/invocation.ts';
