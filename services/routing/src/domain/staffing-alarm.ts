/** Tickets of a matching domain that wait past their priority's maximum age. */
export interface Overdue {
  readonly domain: string;
  readonly tickets: number;
  readonly oldestTicketId: string;
  readonly since: Date;
  /** Why the oldest waits, as was said last. */
  readonly reasons: readonly string[];
}

/** A moment's overload is no news: it lasts when so many looks in a row find some. */
const LASTS_LOOKS = 6;
/** While it lasts it is said again so often. */
const AGAIN_MS = 10 * 60_000;

/** Promise 6: under lasting overload a staffing alarm is raised. Says what to tell after each look. */
export class StaffingAlarm {
  readonly #standing = new Map<string, { looks: number; saidAt: number | undefined }>();

  /** @returns lines for the log, each with whether it is an alarm or its end */
  look(overdue: readonly Overdue[], now: Date): { alarm: boolean; text: string }[] {
    const said: { alarm: boolean; text: string }[] = [];
    for (const { domain, tickets, oldestTicketId, since, reasons } of overdue) {
      const { looks, saidAt } = this.#standing.get(domain) ?? { looks: 0, saidAt: undefined };
      const isDue = looks + 1 >= LASTS_LOOKS && (saidAt === undefined || now.getTime() - saidAt >= AGAIN_MS);
      this.#standing.set(domain, { looks: looks + 1, saidAt: isDue ? now.getTime() : saidAt });
      if (!isDue) continue;
      const minutes = Math.round((now.getTime() - since.getTime()) / 60_000);
      const why = reasons.length === 0 ? '' : `: ${reasons.join(', ')}`;
      said.push({
        alarm: true,
        text: `staff is short in domain '${domain}': ${tickets} tickets wait past their maximum age; the oldest, ${oldestTicketId}, for ${minutes} minutes${why}. Whom you lack: npm run signalbox -- staffing-gap`,
      });
    }
    for (const [domain, { saidAt }] of this.#standing) {
      if (overdue.some((one) => one.domain === domain)) continue;
      this.#standing.delete(domain);
      if (saidAt !== undefined) said.push({ alarm: false, text: `no ticket of domain '${domain}' waits past its maximum age any more` });
    }
    return said;
  }
}
