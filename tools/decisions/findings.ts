/** What the person at the command line can put right: ends with code 2. */
export class WrongUse extends Error {}

/** What a command found, for programs and for people. */
export interface Findings<Found extends object = object> {
  readonly found: Found;
  readonly words: readonly string[];
  readonly exitCode?: number;
}
