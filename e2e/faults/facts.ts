/** One record of a topic as an independent consumer read it. */
export interface SeenEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly version: number;
  readonly causationId?: string | undefined;
  /** Of the record's bytes: two records with the same one are the same record, published twice. */
  readonly contentHash: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SeenDeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The original record's key; null when it had none. */
  readonly subject: string | null;
  readonly originalTopic: string;
  readonly reason: string;
}

/** What one sender was told: with luck one ticket's id, however often it asked. */
export interface Submission {
  readonly key: string;
  readonly ticketIds: readonly string[];
}

/** A row of assignment's `ticket`, or of the console's, which is what the topics told it. */
export interface TicketRow {
  readonly ticketId: string;
  readonly status: string | null;
  readonly agentId: string | null;
  readonly offerAgentId: string | null;
}

/** A row of assignment's `hold`. */
export interface HoldRow {
  readonly ticketId: string;
  readonly agentId: string;
  readonly units: number;
  readonly state: 'offered' | 'assigned' | 'wrap-up';
}

/** A row of the console's `history`: one for each event about a ticket that it was told. */
export interface HistoryRow {
  readonly ticketId: string;
  readonly topic: string;
  readonly version: number;
}

/** What one service's schema `messaging` holds. */
export interface MessagingRows {
  readonly service: string;
  readonly outboxRows: number;
  /** The types of events it has handlers for. */
  readonly handles: readonly string[];
  /** Per subject the last version it gave on its own topics, or applied of others'. */
  readonly versions: readonly { readonly topic: string; readonly subject: string; readonly version: number }[];
  readonly deadLetters: readonly {
    readonly state: string;
    readonly topic: string;
    readonly subject: string | null;
    readonly reason: string;
  }[];
}

/** Everything the checker judges by: read from topics and databases after a run, and what the senders were told during it. */
export interface Facts {
  readonly events: readonly SeenEvent[];
  readonly deadLetters: readonly SeenDeadLetter[];
  /** Records on our own topics that do not fit their contract. */
  readonly unreadable: readonly string[];
  readonly submissions: readonly Submission[];
  /** Requests of agents that the console said it had taken. */
  readonly requests: readonly string[];
  /** Each agent's limit by the configuration. */
  readonly unitsMax: Readonly<Record<string, number>>;
  /** How often a ticket's owners may hand it on, by the configuration. */
  readonly transfersMax: number;
  readonly tickets: readonly TicketRow[];
  readonly holds: readonly HoldRow[];
  /** Undefined when no console ran. */
  readonly consoleTickets: readonly TicketRow[] | undefined;
  readonly history: readonly HistoryRow[];
  /** Message-IDs of the mails that reached the world outside; undefined when it did not keep them all. */
  readonly mails: readonly string[] | undefined;
  readonly messaging: readonly MessagingRows[];
}
