import { Injectable } from '@nestjs/common';

/** What must be true, beside topics and database, before this process is ready: each with the words for when it is not. */
@Injectable()
export class Readiness {
  readonly #conditions: { readonly waitsFor: string; readonly met: (bundle: number) => boolean }[] = [];

  require(waitsFor: string, met: (bundle: number) => boolean): void {
    this.#conditions.push({ waitsFor, met });
  }
  /** @param bundle the active bundle of configuration */
  unmet(bundle: number): string[] {
    return this.#conditions.filter((condition) => !condition.met(bundle)).map((condition) => condition.waitsFor);
  }
}
