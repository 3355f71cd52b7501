import { Inject, Injectable } from '@nestjs/common';
import { MessageReceived, TicketReceived, type Draft } from '@signalbox/contracts';
import { Unprocessable, UnitOfWork, type Delivery, type Outcome } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import type { Quarantined, Receipt, Submission } from './domain/submission.js';
import { pair, ReceptionStore, type NewMessage, type NewTicket, type TicketRow } from './reception.store.js';

const keyOf = (submission: Submission): string => pair(submission.channelAccount, submission.duplicateKey ?? '');
const conversationOf = (submission: Submission): string => pair(submission.channelAccount, submission.conversation ?? '');

/** Where all doors meet: one submission becomes a new ticket, a further message, or a known duplicate. */
@Injectable()
export class Reception {
  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  /** Resolves after the commit that holds message, raw original and event: only then may the sender be told. */
  receive(submission: Submission): Promise<Receipt> {
    return this.unit.submit(this.receiveAll, submission, submission.raw.sizeBytes);
  }

  readonly receiveAll = async (
    submissions: readonly Submission[],
    { tx, now }: Pick<Delivery, 'tx' | 'now'>,
  ): Promise<Outcome<Receipt>[]> => {
    const store = new ReceptionStore(tx);
    const keyed = submissions.filter((submission) => submission.duplicateKey !== undefined);
    const used = await store.claim(
      keyed.map((submission) => ({ account: submission.channelAccount, key: submission.duplicateKey! })),
      now,
    );
    const conversations = await store.lockConversations(
      submissions
        .filter((one) => one.conversation !== undefined)
        .map((one) => ({ account: one.channelAccount, conversation: one.conversation! })),
    );
    const people = submissions.map((submission) => ({ id: randomUUID(), ...personOf(submission), name: submission.customer.name }));
    const customers = await store.customers(people);
    const mentioned = [
      ...submissions.map((one) => one.ticketId),
      ...conversations.values(),
      ...[...used.values()].map((before) => before.ticketId),
    ].filter((id) => typeof id === 'string');
    const tickets = await store.tickets([...new Set(mentioned)]);

    const plans = this.#plan(submissions, used, conversations, tickets);
    const customerIdOf = (one: Submission): string => customers.get(pair(personOf(one).namespace, personOf(one).address))!;
    const newTickets: NewTicket[] = plans
      .filter((plan) => plan.kind === 'ticket')
      .map(({ ticketId, submission }) => ({ ticketId, submission, customerId: customerIdOf(submission) }));
    const numbers = await store.insertTickets(newTickets, now);
    const messages = plans
      .filter((plan) => plan.kind === 'ticket' || plan.kind === 'reply')
      .map((plan): NewMessage => ({ ...plan, rawId: randomUUID() }));
    await store.insertMessages(messages, now);
    await store.insertAttachments(messages);
    await store.fillClaims(
      messages
        .filter((message) => message.submission.duplicateKey !== undefined)
        .map(({ submission, ticketId, messageId }) => ({
          account: submission.channelAccount,
          key: submission.duplicateKey!,
          ticketId,
          messageId,
        })),
    );
    await store.saveConversations(
      plans
        .filter((plan) => plan.kind === 'ticket' && plan.submission.conversation !== undefined)
        .map(({ submission, ticketId }) => ({ account: submission.channelAccount, conversation: submission.conversation!, ticketId })),
    );
    return plans.map((plan) => outcomeOf(plan, customerIdOf(plan.submission), numbers, tickets, now));
  };

  /** Resolves after the commit. Until an operator has looked, the original waits under `/operator/quarantine`. */
  quarantine(item: Quarantined): Promise<Receipt> {
    return this.unit.submit(this.quarantineAll, item, item.raw.bytes?.length ?? 0);
  }

  readonly quarantineAll = async (
    items: readonly Quarantined[],
    { tx, now }: Pick<Delivery, 'tx' | 'now'>,
  ): Promise<Outcome<Receipt>[]> => {
    const store = new ReceptionStore(tx);
    const used = await store.claim(
      items.map((item) => ({ account: item.channelAccount, key: item.duplicateKey })),
      now,
    );
    const seen = new Set(used.keys());
    const fresh = items.map((item) => {
      const key = pair(item.channelAccount, item.duplicateKey);
      const first = !seen.has(key);
      seen.add(key);
      return first;
    });
    await store.insertQuarantined(
      items.filter((_, index) => fresh[index]).map((item) => ({ ...item, rawId: randomUUID() })),
      now,
    );
    return items.map(({ reason }, index) => ({
      events: [],
      answer: fresh[index] ? { outcome: 'quarantined', reason } : { outcome: 'duplicate' },
    }));
  };

  /** Decides in order, so that the first message of a conversation makes the ticket the next ones of the same unit join. */
  #plan(
    submissions: readonly Submission[],
    used: ReadonlyMap<string, { ticketId: string | null; messageId: string | null }>,
    conversations: ReadonlyMap<string, string | null>,
    tickets: ReadonlyMap<string, TicketRow>,
  ): Plan[] {
    const current = new Map(conversations);
    const claimedNow = new Map<string, Plan>();
    return submissions.map((submission): Plan => {
      const messageId = randomUUID();
      if (submission.duplicateKey !== undefined) {
        const before = used.get(keyOf(submission));
        const now = claimedNow.get(keyOf(submission));
        if (before || now)
          return {
            kind: 'duplicate',
            submission,
            ticketId: before?.ticketId ?? now?.ticketId ?? '',
            messageId: before?.messageId ?? now?.messageId ?? '',
          };
      }
      const addressed =
        submission.ticketId ?? (submission.conversation === undefined ? undefined : (current.get(conversationOf(submission)) ?? undefined));
      const ongoing = addressed === undefined ? undefined : survivorOf(addressed, tickets);
      let plan: Plan;
      // What this unit makes itself is open; a closed ticket is followed up by a new one, but not because of a machine's reply.
      const joins = ongoing !== undefined && (submission.kind !== 'human' || tickets.get(ongoing)?.status !== 'closed');
      if (joins) plan = { kind: 'reply', submission, ticketId: ongoing, messageId };
      else if (submission.conversationRequired && ongoing === undefined)
        plan = {
          kind: 'refused',
          submission,
          ticketId: '',
          messageId,
          reason: `no ticket was submitted with externalId '${submission.externalId ?? ''}'`,
        };
      else plan = { kind: 'ticket', submission, ticketId: randomUUID(), messageId, ...(ongoing === undefined ? {} : { follows: ongoing }) };
      if (submission.conversation !== undefined) current.set(conversationOf(submission), plan.ticketId);
      if (submission.duplicateKey !== undefined && plan.kind !== 'refused') claimedNow.set(keyOf(submission), plan);
      return plan;
    });
  }
}

/** Where a ticket goes on that was merged. One that is merged into what was never received here is closed, and is followed up like any other. */
function survivorOf(ticketId: string, tickets: ReadonlyMap<string, TicketRow>): string {
  const seen = new Set<string>();
  let survivor = ticketId;
  for (let next = tickets.get(ticketId)?.merged_into; next && tickets.has(next) && !seen.has(next); next = tickets.get(next)?.merged_into) {
    seen.add(next);
    survivor = next;
  }
  return survivor;
}

interface Plan {
  readonly kind: Receipt['outcome'];
  readonly submission: Submission;
  readonly ticketId: string;
  readonly messageId: string;
  readonly follows?: string;
  readonly reason?: string;
}

/** A mail address is one person on every channel, in any letter case; other ids mean somebody only within their account. */
function personOf({ customer, channelAccount }: Submission): { namespace: string; address: string } {
  const identity = customer.identity ?? customer.address;
  return identity.includes('@')
    ? { namespace: 'email', address: identity.toLowerCase() }
    : { namespace: channelAccount, address: identity };
}

function outcomeOf(
  plan: Plan,
  customerId: string,
  numbers: ReadonlyMap<string, number>,
  tickets: ReadonlyMap<string, TicketRow>,
  now: Date,
): Outcome<Receipt> {
  const { kind, submission, ticketId, messageId } = plan;
  if (kind === 'refused') return { events: [], answer: { outcome: kind, reason: plan.reason ?? '' } };
  const known = tickets.get(ticketId)?.number ?? numbers.get(ticketId);
  const answer: Receipt = { outcome: kind, ticketId, messageId, ...(known === undefined ? {} : { number: known }) };
  if (kind === 'duplicate') return { events: [], answer };
  const { channel, door, channelAccount, subject, text, truncated, language, externalId, fields } = submission;
  const customer = { customerId, address: submission.customer.address, name: submission.customer.name };
  const common = {
    messageId,
    channel,
    door,
    customer,
    text,
    truncated,
    attachments: [...submission.attachments],
    receivedAt: now.toISOString(),
  };
  const event: Draft =
    kind === 'ticket'
      ? TicketReceived(ticketId, {
          ...common,
          number: numbers.get(ticketId)!,
          channelAccount,
          subject,
          language,
          externalId,
          fields,
          automatic: submission.kind === 'human' ? undefined : true,
          followsTicketId: plan.follows,
        })
      : MessageReceived(ticketId, { ...common, kind: submission.kind });
  return { events: [event], answer };
}

/** Sending it again would not help: the contract or the database refuses its content (SQLSTATE class 22, data exception). */
export function cannotBeStored(error: unknown): boolean {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const message = error instanceof Error ? error.message : '';
  return (
    error instanceof Unprocessable || String(driverError?.code ?? code ?? '').startsWith('22') || message.includes('breaks its contract')
  );
}
