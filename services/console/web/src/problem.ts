/** RFC 9457, as far as the page shows it. */
export interface ProblemDetails {
  readonly title?: string;
  readonly detail?: string;
}

/** An answer that is no success, in the server's words. Status 0: no answer at all. */
export class Problem extends Error {
  readonly status: number;

  constructor(status: number, words: string) {
    super(words);
    this.status = status;
  }
}
