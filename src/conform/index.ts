/** The simulated kernel against Linux, program by program. */
export { type Conformed, type ConformOptions, conform, type Difference } from './conform.ts';
export type { Program, Step, StepCall } from './program.ts';
export { readProgram } from './read-program.ts';
