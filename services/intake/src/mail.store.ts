import type { EntityManager } from 'typeorm';
import type { ReferencesFound, ReferencesToLookUp } from './domain/mail/threading.js';

/** What of the references of a unit's mails exists, in three statements. */
export class MailStore {
  constructor(private readonly tx: EntityManager) {}

  async find(lookUps: readonly ReferencesToLookUp[]): Promise<ReferencesFound[]> {
    const ids = await this.#tickets(lookUps.flatMap((lookUp) => lookUp.ticketIds));
    const byMessageId = await this.#byMessageId(lookUps.flatMap((lookUp) => lookUp.messageIds));
    const numbered = await this.#numbered(lookUps.flatMap((lookUp) => lookUp.ticketNumber ?? []));
    return lookUps.map(({ ticketNumber }) => {
      const one = ticketNumber === undefined ? undefined : numbered.get(ticketNumber);
      return { ticketIds: ids, ticketIdByMessageId: byMessageId, ...(one && { numbered: one }) };
    });
  }

  async #tickets(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = (await this.tx.query('select ticket_id from ticket where ticket_id = any($1::text[])', [ids])) as { ticket_id: string }[];
    return new Set(rows.map((row) => row.ticket_id));
  }

  /** Message-IDs, in angle brackets, of mails in and out. Where a broken sender used one id twice, the newest mail counts. */
  async #byMessageId(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = (await this.tx.query(
      `select distinct on (provider_message_id) provider_message_id, ticket_id from message
       where provider_message_id = any($1::text[]) order by provider_message_id, position desc`,
      [ids],
    )) as { provider_message_id: string; ticket_id: string }[];
    return new Map(rows.map((row) => [row.provider_message_id, row.ticket_id]));
  }

  async #numbered(numbers: readonly number[]): Promise<Map<number, { ticketId: string; participants: string[] }>> {
    if (numbers.length === 0) return new Map();
    const rows = (await this.tx.query(
      `select number::int as number, ticket_id as "ticketId",
         array(select author from message m where m.ticket_id = t.ticket_id and m.direction = 'in') || t.reply_address as participants
       from ticket t where number = any($1::bigint[])`,
      [numbers],
    )) as { number: number; ticketId: string; participants: string[] }[];
    return new Map(rows.map((row) => [row.number, row]));
  }
}
