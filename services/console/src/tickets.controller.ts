import { BadRequestException, Get, Param, Query } from '@nestjs/common';
import { TicketStatus } from '@signalbox/contracts';
import { z } from 'zod';
import { Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { Desk } from './desk.js';
import { nameAgents } from './domain/words.js';
import type { Caller } from './domain/visibility.js';
import { TicketQueryStore } from './ticket-query.store.js';
import { decisionRow, escalationRows, originRow, ticketRow } from './views.js';

const EARLIER_MAX = 20;
const Filter = z.object({
  query: z.string().max(500).optional(),
  /** One or several, separated by commas. */
  status: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(TicketStatus))
    .optional(),
  queueId: z.string().max(80).optional(),
  /** `me` or an agent's id. */
  agentId: z.string().max(80).optional(),
  customerId: z.string().max(80).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});

@Api('tickets')
export class TicketsController {
  constructor(
    private readonly tickets: TicketQueryStore,
    private readonly desk: Desk,
  ) {}

  @Get()
  async list(@Query() given: Record<string, unknown>, @By() caller: Caller) {
    const { query, status: statuses, queueId, agentId, customerId, limit, cursor } = readBody(Filter, withoutEmpty(given));
    const { view, configuration } = await this.desk.of(caller);
    const found = await this.tickets.list(view, {
      query,
      statuses,
      queueId,
      agentId: agentId === 'me' ? caller.agentId : agentId,
      customerId,
      limit: limit + 1,
      after: cursor === undefined ? undefined : readCursor(cursor),
    });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      tickets: page.map((ticket) => ticketRow(ticket, configuration)),
      nextCursor: last ? writeCursor(last.intake!.received!.number, last.ticketId) : null,
    };
  }

  /** The whole story of one ticket. */
  @Get(':ticketId')
  async story(@Param('ticketId') ticketId: string, @By() caller: Caller) {
    const { ticket, view, configuration } = await this.desk.ticketFor(caller, ticketId);
    const { nameOf } = configuration;
    const customerId = ticket.intake?.received?.customer.customerId;
    const { mergedInto } = ticket.assignment?.ticket ?? {};
    const mergedFrom = ticket.assignment?.mergedFrom ?? [];
    const [messages, notes, decisions, history, earlier, numbers] = await Promise.all([
      this.tickets.messages(ticketId),
      this.tickets.notes(ticketId),
      this.tickets.decisions([ticketId]),
      this.tickets.history(ticketId),
      customerId === undefined ? [] : this.tickets.list(view, { customerId, limit: EARLIER_MAX + 1 }),
      this.tickets.numbers(view, mergedInto === undefined ? mergedFrom : [...mergedFrom, mergedInto]),
    ]);
    const numberOf = (id: string): string | undefined => (numbers.has(id) ? `#${numbers.get(id)!.number ?? '…'}` : undefined);
    const linked = (id: string) => ({ ticketId: id, number: null, visible: false, ...numbers.get(id) });
    const { snapshot } = configuration;
    return {
      ...ticketRow(ticket, configuration),
      received: ticket.intake?.received ?? null,
      satisfaction: ticket.intake?.satisfaction ?? null,
      undelivered: ticket.intake?.undelivered ?? null,
      messages: messages.map((message) => ({
        ...message,
        name: message.agentId === null ? null : (nameOf(message.agentId) ?? message.agentId),
      })),
      notes: notes.map((note) => ({ ...note, name: nameOf(note.agentId) ?? note.agentId })),
      enrichment: ticket.enrichment,
      verdict: ticket.knowledgeBase?.verdict ?? null,
      deflection: ticket.knowledgeBase?.deflection ?? null,
      suggestions: (ticket.knowledgeBase?.suggestions ?? []).map((match) => ({
        ...match,
        text: articleText(match.articleId, match.locale),
      })),
      decisions: decisions.map((decision) => decisionRow(decision, ticket, configuration)),
      myOrigin: originRow(ticket, caller.agentId, configuration),
      relaxed: ticket.routing?.relaxed ?? null,
      assignment: ticket.assignment,
      clocks: (ticket.sla?.clocks ?? []).map((clock) => ({ ...clock, queueTitle: queueTitleOf(clock.queueId) })),
      slaPolicy: ticket.sla?.policy ?? null,
      slaVersions: ticket.sla?.versions ?? null,
      ...escalationRows(ticket, configuration),
      history: history.map((entry) => ({ ...entry, words: nameAgents(entry.words, (id) => numberOf(id) ?? nameOf(id)) })),
      /** Where it goes on, and what goes on in it. */
      mergedInto: mergedInto === undefined ? null : linked(mergedInto),
      mergedFrom: mergedFrom.map(linked),
      earlier: earlier
        .filter((other) => other.ticketId !== ticketId)
        .slice(0, EARLIER_MAX)
        .map((other) => ticketRow(other, configuration)),
    };

    function queueTitleOf(queueId: string | undefined): string | null {
      return queueId === undefined ? null : (snapshot.find('queue', queueId)?.title ?? queueId);
    }
    function articleText(articleId: string, locale: string): string | null {
      for (const article of snapshot.all('article').values())
        if (article.articleId === articleId && article.locale === locale) return article.text;
      return null;
    }
  }
}

const withoutEmpty = (given: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));

const writeCursor = (number: number, ticketId: string): string => Buffer.from(JSON.stringify([number, ticketId])).toString('base64url');

const Cursor = z.tuple([z.int(), z.string().max(80)]);
function readCursor(cursor: string): { number: number; ticketId: string } {
  try {
    const [number, ticketId] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { number, ticketId };
  } catch {
    throw new BadRequestException("cursor: is none of this console's; take the nextCursor of the page before");
  }
}
