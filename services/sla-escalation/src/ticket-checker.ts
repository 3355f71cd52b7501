import { Injectable, Logger } from '@nestjs/common';
import type { Draft } from '@signalbox/contracts';
import type { ConfigurationSnapshot, Delivery } from '@signalbox/messaging';
import { checkTicket } from './domain/check.js';
import { Policies } from './policies.js';
import { SlaTicketStore, type CheckedRow, type SlaTicketRow } from './sla-ticket.store.js';

/** A ticket whose facts make no sense is looked at again, in case a release mends it. */
const BROKEN_WAIT_MS = 3_600_000;

/** The one place where clocks are computed and anything is said. */
@Injectable()
export class TicketChecker {
  readonly #logger = new Logger('TicketChecker');
  readonly #policies = new Policies((sentence) => this.#logger.warn(sentence));

  /** Checks locked tickets and saves them: one write each. */
  async check(rows: readonly SlaTicketRow[], { tx, now, config }: Delivery): Promise<{ events: Draft[]; nextCheckAt: Date | null }> {
    const events: Draft[] = [];
    const checked: CheckedRow[] = [];
    for (const row of rows) {
      const one = this.#checkOne(row, config, now);
      events.push(...one.events);
      checked.push(one.row);
    }
    await new SlaTicketStore(tx).save(checked, config.bundle);
    const next = checked.flatMap(({ nextCheckAt }) => nextCheckAt?.getTime() ?? []);
    return { events, nextCheckAt: next.length > 0 ? new Date(Math.min(...next)) : null };
  }

  /** One ticket that cannot be computed must not keep the others from being checked. */
  #checkOne({ ticketId, facts, state }: SlaTicketRow, config: ConfigurationSnapshot, now: Date): { events: Draft[]; row: CheckedRow } {
    try {
      const check = checkTicket(ticketId, facts, state, (tier) => this.#policies.find(config, tier), now.getTime());
      if (check.unreachable) {
        const { policy, calendar } = check.unreachable;
        this.#policies.warnOnce(
          `sla-policy '${policy.name}@${policy.version}' has deadlines that calendar '${calendar.name}@${calendar.version}' never reaches: these clocks are left out`,
        );
      }
      const { open, nextCheckAt } = check;
      return {
        events: check.events,
        row: { ticketId, facts, state: check.state, open, nextCheckAt: nextCheckAt === null ? null : new Date(nextCheckAt) },
      };
    } catch (error) {
      this.#logger.error(`ticket ${ticketId} cannot be checked: ${(error as Error).message}`);
      return { events: [], row: { ticketId, facts, state, open: true, nextCheckAt: new Date(now.getTime() + BROKEN_WAIT_MS) } };
    }
  }
}
