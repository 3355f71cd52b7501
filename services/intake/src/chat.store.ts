import type { EntityManager } from 'typeorm';

export interface ChatMessage {
  readonly conversation: string;
  readonly messageId: string;
  readonly from: 'customer' | 'agent' | 'answer';
  readonly text: string;
  readonly at: Date;
  readonly position: number;
  /** It has not reached any widget yet. */
  readonly waiting: boolean;
}

/** Messages of one answer to a widget at most; the rest follows with the next one. */
const MESSAGES_MAX = 500;

const COLUMNS = `
  t.conversation, m.message_id as "messageId", case when m.direction = 'in' then 'customer' when m.kind = 'answer' then 'answer' else 'agent' end as "from",
  m.text, m.at, m.position::float8 as position, coalesce(o.state = 'waiting', false) as waiting`;

export class ChatStore {
  constructor(private readonly db: EntityManager) {}

  /** The newest ticket of a conversation, and whom it is with. */
  async current(conversation: string): Promise<{ ticketId: string; address: string; name: string | null } | undefined> {
    const rows = (await this.db.query(
      `select ticket_id as "ticketId", reply_address as address, c.name from ticket t left join customer c using (customer_id)
       where t.channel_account = 'chat' and t.conversation = $1 order by number desc limit 1`,
      [conversation],
    )) as { ticketId: string; address: string; name: string | null }[];
    return rows[0];
  }

  /** Where a message stands in its conversation; 0 = before everything, also for a message that is not of this conversation. */
  async positionOf(conversation: string, messageId: string): Promise<number> {
    const rows = (await this.db.query(
      `select m.position::float8 as position from message m join ticket t using (ticket_id)
       where m.message_id = $2 and t.channel_account = 'chat' and t.conversation = $1`,
      [conversation, messageId],
    )) as { position: number }[];
    return rows[0]?.position ?? 0;
  }

  /** Everything said after a position, by both sides. A waiting message is given in any case: it may have been committed late. */
  async after(conversation: string, position: number): Promise<ChatMessage[]> {
    return (await this.db.query(
      `select ${COLUMNS} from ticket t join message m using (ticket_id) left join outgoing o using (message_id)
       where t.channel_account = 'chat' and t.conversation = $1 and (m.position > $2 or o.state = 'waiting')
       order by m.position limit ${MESSAGES_MAX}`,
      [conversation, position],
    )) as ChatMessage[];
  }

  /** What went out after each conversation's position, and what waits. */
  async outgoing(conversations: readonly { conversation: string; after: number }[]): Promise<ChatMessage[]> {
    return (await this.db.query(
      `select ${COLUMNS} from unnest($1::text[], $2::bigint[]) as x(c, after) join ticket t on t.channel_account = 'chat' and t.conversation = x.c
         join message m using (ticket_id) join outgoing o using (message_id)
       where m.position > x.after or o.state = 'waiting' order by m.position limit ${MESSAGES_MAX}`,
      [conversations.map((one) => one.conversation), conversations.map((one) => one.after)],
    )) as ChatMessage[];
  }
}
