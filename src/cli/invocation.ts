export { HEDDLE } from '../sim/trace/invocation.ts';
