import { Injectable } from '@nestjs/common';
import {
  eventOfType,
  type AssignmentEvent,
  type ClocksChanged,
  type Draft,
  type MessageReceived,
  type Received,
  type SlaOutlook,
  type TicketEnriched,
  type TicketReceived,
} from '@signalbox/contracts';
import type { Delivery } from '@signalbox/messaging';
import {
  follow,
  isWaiting,
  newTicket,
  noteClocks,
  type Flow,
  type OutlookFact,
  type OutlookTicket,
  type Rules,
  type Sample,
} from './domain/outlook-ticket.js';
import { OutlookStore, SLOTS } from './outlook.store.js';
import { queueIn, WorkingTimes } from './working-times.js';

type TicketEvent = Received<TicketReceived | MessageReceived | TicketEnriched | AssignmentEvent>;

/** Keeps what outlooks are made of, in the unit that brings it. */
@Injectable()
export class TicketFollower {
  readonly #times = new WorkingTimes();
  readonly #slot = Math.floor(Math.random() * SLOTS);

  /**
   * Follows the tickets of these events and of what was said of their clocks, in this order. To be called once a unit and step, after the
   * tickets themselves have been locked. @returns outlooks that are taken back because the clock stopped in time
   */
  async follow(events: readonly TicketEvent[], said: readonly Draft[], { tx, now, config }: Delivery): Promise<SlaOutlook[]> {
    const clocks = said.filter((draft): draft is ClocksChanged => draft.type === 'ClocksChanged');
    const facts = events.flatMap((event) => {
      const fact = factOf(event);
      return fact ? [{ ticketId: event.ticketId, fact }] : [];
    });
    const ids = [...new Set([...facts, ...clocks].map(({ ticketId }) => ticketId))].sort();
    if (ids.length === 0) return [];
    const rules: Rules = { queueOf: (ticket) => queueIn(config, ticket), timeOf: (policy) => this.#times.of(config, policy) };
    const store = new OutlookStore(tx);
    const tickets = await store.lock(ids);
    const flows: Flow[] = [];
    const samples: Sample[] = [];
    const withdrawn: SlaOutlook[] = [];
    const waiting = new Map<string, number>();
    const count = (ticket: OutlookTicket, change: number): void => {
      if (isWaiting(ticket)) waiting.set(ticket.queueId, (waiting.get(ticket.queueId) ?? 0) + change);
    };
    const ticketOf = (ticketId: string) =>
      tickets.get(ticketId) ?? newTicket(ticketId, rules.queueOf({ category: null, queueOverride: null }));
    for (const { ticketId, fact } of facts) {
      const before = ticketOf(ticketId);
      const followed = follow(before, fact, rules);
      count(before, -1);
      count(followed.ticket, 1);
      tickets.set(ticketId, followed.ticket);
      flows.push(...followed.flows);
      samples.push(...followed.samples);
    }
    for (const { ticketId, data } of clocks) {
      const noted = noteClocks(ticketOf(ticketId), data, now.getTime());
      tickets.set(ticketId, noted.ticket);
      withdrawn.push(...noted.events);
    }
    await store.save(ids.map(ticketOf));
    await store.addFlows(flows, waiting, this.#slot, now);
    await store.addSamples(samples, this.#slot, now);
    return withdrawn;
  }
}

function factOf(event: TicketEvent): OutlookFact | undefined {
  const at = event.at.getTime();
  if (event.type === 'TicketReceived') return { type: 'received', at: Date.parse(event.data.receivedAt) };
  if (event.type === 'TicketEnriched') return { type: 'enriched', at, category: event.data.category.value };
  if (event.type === 'MessageReceived' || eventOfType(event.type)?.topic.writer !== 'assignment') return undefined;
  const units = event.type === 'TicketAssigned' ? event.data.units : null;
  return { type: 'assignment', at, ticket: event.data.ticket, replied: event.type === 'ReplyReleased', units };
}
