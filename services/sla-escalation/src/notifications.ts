import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  NotificationFailed,
  NotificationSent,
  Priority,
  TicketEscalated,
  type Clock,
  type Draft,
  type SlaPolicy,
  type Target,
} from '@signalbox/contracts';
import { UnitOfWork, type ConfigurationSnapshot, type Delivery, type Outcome } from '@signalbox/messaging';
import { DataSource } from 'typeorm';
import { AgentPresenceStore } from './agent-presence.store.js';
import { ENVIRONMENT, type SlaEnvironment } from './config.js';
import {
  MAILS_MAX,
  MAILS_WINDOW_MS,
  nextAttemptAt,
  notificationIdOf,
  numberIn,
  type HeldStep,
  type Notification,
  type SendResult,
  type Step,
} from './domain/notification.js';
import type { Sender } from './domain/notice-text.js';
import { quietUntil } from './domain/quiet-hours.js';
import { FALLBACK, recipientsOf, withoutAddresses, type Recipient, type Recipients, type Staff } from './domain/recipients.js';
import { ticketOf, type SlaTicket, type StoredFacts } from './domain/sla-ticket.js';
import { NotificationStore, type ClaimedNotification, type NewNotification } from './notification.store.js';

/** The contract's limits. */
const EXPLANATION_LENGTH_MAX = 300;
const REASON_LENGTH_MAX = 300;
/** The sentences that are warned of once; words of policies are few. */
const WARNED_MAX = 10_000;

/** What a check of one ticket said, and what it was said by. */
export type CheckedTicket = Escalatable | { readonly events: readonly [] };
export interface Escalatable {
  readonly events: readonly Draft[];
  readonly ticket: SlaTicket;
  readonly facts: StoredFacts;
  readonly clocks: readonly Clock[];
  readonly policy: SlaPolicy | undefined;
}
/** A notification whose turn it is. `url`: of its webhook, as it is configured now. */
export interface DueNotification extends ClaimedNotification {
  readonly url?: string;
}
export interface Due {
  readonly due: readonly DueNotification[];
  readonly sender: Sender | undefined;
  readonly now: Date;
}
interface Failure {
  readonly one: ClaimedNotification;
  readonly id: string;
  readonly reason: string;
  /** Null: given up. */
  readonly nextAttemptAt: Date | null;
}
interface Announced {
  readonly event: Draft;
  readonly notifications: readonly NewNotification[];
  readonly held?: HeldStep & { readonly sendAt: Date };
}
interface Settlement {
  readonly notificationId: string;
  readonly attempts: number;
  readonly result: SendResult;
}

/** What an escalation's `notify` comes to: whom, when, and what became of it. Sending itself lies between two units, outside of any. */
@Injectable()
export class Notifications {
  readonly #logger = new Logger('Notifications');
  readonly #warned = new Set<string>();

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: SlaEnvironment,
  ) {}

  /**
   * The events of checked tickets, where TicketEscalated says whom it came to, with what became of telling them at once. Whoever is told
   * later is stored in this unit, and what quiet hours hold. The tickets' rows are locked.
   * @param online whether an agent is; left out: not known of anybody
   */
  async announce(
    tickets: readonly CheckedTicket[],
    { tx, now, config }: Delivery,
    online?: ReadonlyMap<string, boolean>,
  ): Promise<Draft[]> {
    const said: Announced[] = [];
    for (const checked of tickets) {
      for (const event of checked.events) {
        if (event.type !== 'TicketEscalated' || !('ticket' in checked)) said.push({ event, notifications: [] });
        else said.push(this.#resolve(event as TicketEscalated, checked, staffOf(config, checked.ticket.agentId, online), now));
      }
    }
    const store = new NotificationStore(tx);
    const added = await store.add(said.flatMap(({ notifications }) => notifications));
    await store.hold(said.flatMap(({ held }) => held ?? []));
    return said.flatMap(({ event, notifications }) => [
      event,
      ...notifications.filter(({ state, notificationId }) => state === 'sent' && added.has(notificationId)).map((one) => sent(one, now)),
    ]);
  }

  #resolve(event: TicketEscalated, { ticket, facts, clocks, policy }: Escalatable, staff: Staff, now: Date): Announced {
    const { ticketId, data } = event;
    const priorities = [ticket.priority, ...(data.raisePriorityTo ? [data.raisePriorityTo] : [])];
    const priority = Priority.options.find((one) => priorities.includes(one))!;
    const heldUntil = data.notify.length > 0 ? quietUntil(policy?.quietHours, priority, now.getTime()) : null;
    const number = numberIn(facts);
    const dueAt = dueOf(data.target ?? 'resolution', clocks);
    const notice = {
      explanation: data.explanation,
      ...(number === undefined ? {} : { number }),
      ...(dueAt === undefined ? {} : { dueAt }),
      escalatedAt: data.escalatedAt,
      fallback: policy?.notifyFallback ?? FALLBACK,
    };
    const step = { ticketId, ...stepOf(data), words: data.notify, notice };
    const notify = withoutAddresses(data.notify);
    if (heldUntil !== null) {
      const sendAt = new Date(heldUntil);
      const told = TicketEscalated(ticketId, { ...data, notify, heldUntil: sendAt.toISOString() });
      return { event: told, notifications: [], held: { ...step, sendAt } };
    }
    const { recipients, missing } = this.#recipientsOf(step, staff);
    const nobody = missing.length > 0 && recipients.length === 0 ? ` (nobody to notify: ${missing.join('; ')})` : '';
    const told = TicketEscalated(ticketId, {
      ...data,
      explanation: nobody === '' ? data.explanation : `${data.explanation}${nobody}`.slice(0, EXPLANATION_LENGTH_MAX),
      notify,
      recipients: recipients.map(({ via, to, because }) => ({ via, to, because })),
    });
    return { event: told, notifications: recipients.map((recipient) => notificationOf(step, recipient, now)) };
  }

  #recipientsOf({ words, notice }: HeldStep, staff: Staff): Recipients {
    const found = recipientsOf(words, notice.fallback, staff);
    if (found.missing.length > 0) this.#warnOnce(`nobody can be notified, nor instead of them: ${found.missing.join('; ')}`);
    return found;
  }

  /** A look without a transaction, so that a service with nobody to notify costs next to nothing. */
  async anythingDue(): Promise<boolean> {
    const [row] = await this.database.query<{ due: boolean }[]>(
      `select exists (select from notification where state = 'waiting' and send_at <= clock_timestamp() + $1 * interval '1 ms')
        or exists (select from held_step where send_at <= clock_timestamp() + $1 * interval '1 ms') as due`,
      [this.environment.SIGNALBOX_CLOCK_OFFSET_MS],
    );
    return row!.due;
  }
  claim(max: number): Promise<Due> {
    return this.unit.submit(this.#claim, max);
  }
  settle(settlement: Settlement): Promise<void> {
    return this.unit.submit(this.#settle, settlement);
  }
  /** Ended ones of which nobody asks any more. */
  forget(olderThanMs: number): Promise<void> {
    return this.unit.submit(this.#forget, olderThanMs);
  }

  readonly #claim = async (commands: readonly number[], { tx, now, config }: Delivery): Promise<Outcome<Due>[]> => {
    const store = new NotificationStore(tx);
    const [, company] = [...config.all('company')][0] ?? [];
    const sender: Sender | undefined = company && {
      address: company.supportAddress,
      name: company.title,
      timeZone: company.timeZone,
      publicUrl: this.environment.PUBLIC_URL,
    };
    const outcomes: Outcome<Due>[] = [];
    for (const max of commands) {
      const released = await this.#release(max, store, { tx, config, now });
      const claimed = await store.claimDue(max, now);
      const facts = await store.factsOf([...new Set(claimed.map(({ ticketId }) => ticketId))]);
      // What was due when it was written down need not be any more.
      const [over, due] = parted(claimed, ({ ticketId }) => ended(facts.get(ticketId)));
      await store.end(idsOf(over), 'canceled', now);
      const [inConsole, outside] = parted(due, ({ via }) => via === 'console');
      await store.end(idsOf(inConsole), 'sent', now);
      const [braked, free] = await this.#brake(outside, store, now);
      await store.holdBack(idsOf(braked), new Date(now.getTime() + MAILS_WINDOW_MS), `${MAILS_MAX} mails went there within 10 minutes`);
      const urlOf = ({ via, to }: Notification) => (via === 'webhook' ? company?.webhooks?.[to]?.url : undefined);
      const answer = { due: free.map((one) => ({ ...one, ...(urlOf(one) && { url: urlOf(one)! }) })), sender, now };
      outcomes.push({ events: [...released, ...inConsole.map((one) => sent(one, now))], answer });
    }
    return outcomes;
  };

  /** Whom held steps come to now that they are told; who is told outside of the console has become due by this. */
  async #release(max: number, store: NotificationStore, { tx, config, now }: Pick<Delivery, 'tx' | 'config' | 'now'>): Promise<Draft[]> {
    const steps = await store.release(max, now);
    if (steps.length === 0) return [];
    const facts = await store.factsOf([...new Set(steps.map(({ ticketId }) => ticketId))]);
    const online = await new AgentPresenceStore(tx).online();
    const notifications = steps.flatMap((step) => {
      const known = facts.get(step.ticketId);
      if (ended(known)) return [];
      const staff = staffOf(config, ticketOf(known ?? {}).agentId, online);
      return this.#recipientsOf(step, staff).recipients.map((recipient) => notificationOf(step, recipient, now));
    });
    const added = await store.add(notifications);
    return notifications.filter(({ state, notificationId }) => state === 'sent' && added.has(notificationId)).map((one) => sent(one, now));
  }

  /** Two machines that answer each other must not go on for ever. */
  async #brake(outside: readonly ClaimedNotification[], store: NotificationStore, now: Date) {
    const mails = outside.filter(({ via }) => via === 'mail');
    const counts = mails.length > 0 ? await store.mailsLately(mails, now) : new Map<string, number>();
    return parted(outside, ({ via, ticketId, address }) => {
      if (via !== 'mail') return false;
      const key = `${ticketId} ${address}`;
      const before = counts.get(key) ?? 0;
      counts.set(key, before + 1);
      return before >= MAILS_MAX;
    });
  }

  readonly #settle = async (settlements: readonly Settlement[], { tx, now, config }: Delivery): Promise<Outcome<void>[]> => {
    const store = new NotificationStore(tx);
    const open = await store.lock(settlements.map(({ notificationId }) => notificationId));
    const successes: ClaimedNotification[] = [];
    const failures: Failure[] = [];
    const outcomes = settlements.map(({ notificationId: id, attempts, result }): { events: Draft[]; answer: undefined } => {
      const one = open.get(id);
      // Its lease ran out, and whoever claimed it then is the one to tell.
      if (!one || (result.kind === 'failed' && (one.state === 'canceled' || one.attempts !== attempts)))
        return { events: [], answer: undefined };
      open.delete(id);
      if (result.kind === 'sent') {
        successes.push(one);
        return { events: [sent(one, now)], answer: undefined };
      }
      const again = nextAttemptAt(attempts, result.retryable, now);
      const failure = { one, id, reason: result.reason.slice(0, REASON_LENGTH_MAX), nextAttemptAt: again };
      failures.push(failure);
      return { events: [failed(failure, now)], answer: undefined };
    });
    await store.end(idsOf(successes), 'sent', now);
    await store.fail(failures, now);
    const givenUp = failures.filter((failure) => failure.nextAttemptAt === null).map(({ one }) => one);
    outcomes.at(-1)!.events.push(...(await this.#tellInstead(givenUp, store, config, now)));
    return outcomes;
  };

  /** Of those whom no mail or webhook could reach somebody hears in the console, once per step. */
  async #tellInstead(
    givenUp: readonly ClaimedNotification[],
    store: NotificationStore,
    config: ConfigurationSnapshot,
    now: Date,
  ): Promise<Draft[]> {
    const facts = await store.factsOf([...new Set(givenUp.map(({ ticketId }) => ticketId))]);
    const instead = new Map<string, NewNotification>();
    for (const { ticketId, notice, to, ...step } of givenUp) {
      const staff = staffOf(config, ticketOf(facts.get(ticketId) ?? {}).agentId);
      const inConsole = (words: readonly string[]) =>
        recipientsOf(words, FALLBACK, staff).recipients.filter(({ via }) => via === 'console');
      const own = inConsole(notice.fallback);
      const recipients = own.length > 0 ? own : inConsole(FALLBACK);
      if (recipients.length === 0) this.#warnOnce(`'${to}' could not be notified, and in the console there is nobody instead`);
      for (const recipient of recipients) {
        const one = notificationTo(recipient, ticketId, stepOf(step), notice.escalatedAt, true);
        instead.set(one.notificationId, { ...one, notice, state: 'sent', sendAt: now });
      }
    }
    const added = await store.add([...instead.values()]);
    return [...instead.values()].filter(({ notificationId }) => added.has(notificationId)).map((one) => sent(one, now));
  }

  readonly #forget = async (ages: readonly number[], { tx, now }: Delivery): Promise<Outcome<void>[]> => {
    await new NotificationStore(tx).forget(new Date(now.getTime() - Math.max(...ages)));
    return ages.map(() => ({ events: [], answer: undefined }));
  };

  #warnOnce(sentence: string): void {
    if (this.#warned.has(sentence) || this.#warned.size >= WARNED_MAX) return;
    this.#warned.add(sentence);
    this.#logger.warn(sentence);
  }
}

function staffOf(config: ConfigurationSnapshot, ownerId: string | null, online?: ReadonlyMap<string, boolean>): Staff {
  const [company] = config.all('company').values();
  const webhooks = new Set(Object.keys(company?.webhooks ?? {}));
  return { ownerId, agents: config.all('agent'), webhooks, ...(online && { online }) };
}

/** An escalation is about a ticket that is worked on. */
function ended(facts: StoredFacts | undefined): boolean {
  const status = facts && ticketOf(facts).status;
  return status === 'solved' || status === 'closed';
}

function dueOf(target: Target, clocks: readonly Clock[]): string | undefined {
  return clocks.findLast((clock) => clock.target === target && clock.stoppedAt === null)?.dueAt ?? undefined;
}

/** To be told now: in the console at once, outside as soon as it is claimed. */
function notificationOf({ ticketId, words: _words, notice, ...step }: HeldStep, recipient: Recipient, now: Date): NewNotification {
  const state = recipient.via === 'console' ? 'sent' : 'waiting';
  return { ...notificationTo(recipient, ticketId, step, notice.escalatedAt), notice, state, sendAt: now };
}

function notificationTo({ via, to, address }: Recipient, ticketId: string, step: Step, escalatedAt: string, instead = false) {
  const notificationId = notificationIdOf(ticketId, step, escalatedAt, { via, to }, instead);
  return { notificationId, ticketId, ...step, via, to, ...(address === undefined ? {} : { address }) };
}

const stepOf = ({ level, cause, target }: Step): Step => ({ level, cause, ...(target === undefined ? {} : { target }) });
const idsOf = (notifications: readonly { notificationId: string }[]): string[] => notifications.map(({ notificationId }) => notificationId);

function parted<T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const one of all) (is(one) ? yes : no).push(one);
  return [yes, no];
}

function sent({ ticketId, notificationId, via, to, ...step }: Notification, now: Date): Draft {
  return NotificationSent(ticketId, { notificationId, ...stepOf(step), via, to, sentAt: now.toISOString() });
}

function failed({ one, reason, nextAttemptAt: again }: Failure, now: Date): Draft {
  const { ticketId, notificationId, via, to } = one;
  const final = again === null;
  return NotificationFailed(ticketId, { notificationId, ...stepOf(one), via, to, reason, final, failedAt: now.toISOString() });
}
