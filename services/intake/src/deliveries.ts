import { Inject, Injectable } from '@nestjs/common';
import { DeliveryFailed, MessageDelivered, type Channel, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type Delivery, type Outcome } from '@signalbox/messaging';
import { DataSource } from 'typeorm';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { BRAKE_SENDS_MAX, BRAKE_WINDOW_MS } from './domain/outgoing/loop-brake.js';
import { afterFailure } from './domain/outgoing/retry.js';
import type { SocialStatus } from './domain/social/social-message.js';
import { OutgoingStore, type DueMessage, type WaitingMessage } from './outgoing.store.js';
import type { SendResult } from './provider-breaker.js';

interface Settlement {
  readonly messageId: string;
  readonly channelAccount: string;
  readonly result: SendResult;
}

/** The units around sending: claim before, outcome after. Between them lies the world outside, so a crash sends again, never not. */
@Injectable()
export class Deliveries {
  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment,
  ) {}

  /** A look without a transaction, so that a service with nothing to send costs next to nothing. */
  async anythingDue(): Promise<boolean> {
    const [row] = await this.database.query<{ due: boolean }[]>(
      `select exists (select from outgoing where state = 'waiting' and next_attempt_at <= clock_timestamp() + $1 * interval '1 ms') as due`,
      [this.environment.SIGNALBOX_CLOCK_OFFSET_MS],
    );
    return row!.due;
  }
  claim(routes: readonly string[], messagesMax: number): Promise<{ due: DueMessage[]; now: Date }> {
    return this.unit.submit(this.#claim, { routes, messagesMax });
  }
  settle(settlement: Settlement): Promise<void> {
    return this.unit.submit(this.#settle, settlement);
  }
  /** What a provider says later about a message it took. */
  report(status: SocialStatus): Promise<void> {
    return this.unit.submit(this.#report, status);
  }
  /** Chat messages that were written to a widget's socket. */
  pushed(messageIds: readonly string[]): Promise<void> {
    return this.unit.submit(this.#pushed, messageIds);
  }

  readonly #claim = async (
    commands: readonly { routes: readonly string[]; messagesMax: number }[],
    { tx, now }: Delivery,
  ): Promise<Outcome<{ due: DueMessage[]; now: Date }>[]> => {
    const since = new Date(now.getTime() - BRAKE_WINDOW_MS);
    const outcomes = [];
    for (const { routes, messagesMax } of commands) {
      const due = await new OutgoingStore(tx).claim(routes, messagesMax, since, BRAKE_SENDS_MAX, now);
      outcomes.push({ events: [], answer: { due, now } });
    }
    return outcomes;
  };

  readonly #settle = async (settlements: readonly Settlement[], { tx, now }: Delivery): Promise<Outcome<void>[]> => {
    const store = new OutgoingStore(tx);
    const waiting = await store.lockWaiting(settlements.map((one) => one.messageId));
    const sent = settlements
      .filter((one) => one.result.kind === 'sent' && waiting.has(one.messageId))
      .map(({ messageId, channelAccount, result }) => ({ messageId, channelAccount, providerMessageIds: result.providerMessageIds }));
    await store.saveSent(sent, now);
    const early = await store.earlyFailures(sent);
    const outcomes: Outcome<void>[] = [];
    for (const { messageId, result } of settlements) {
      const sending = waiting.get(messageId);
      const events = sending ? await this.#outcomeOf(result, sending, early.get(messageId), store, now) : [];
      outcomes.push({ events, answer: undefined });
    }
    return outcomes;
  };

  async #outcomeOf(
    result: SendResult,
    sending: WaitingMessage,
    earlyFailure: string | undefined,
    store: OutgoingStore,
    now: Date,
  ): Promise<Draft[]> {
    const { messageId } = sending;
    const { providerMessageIds } = result;
    if (result.kind === 'sent') {
      if (earlyFailure === undefined) return [delivered(sending, providerMessageIds.at(-1), now)];
      await store.saveFailed(messageId, earlyFailure);
      return [failed(sending, earlyFailure, true, now)];
    }
    const { reason } = result;
    if (result.kind === 'not-now') {
      const nextAttemptAt = new Date(now.getTime() + result.retryAfterMs);
      await store.saveNotSent(messageId, { final: false, reason, nextAttemptAt, providerMessageIds, attemptCounted: false });
      return [];
    }
    const next = afterFailure(sending.attempts, result, now);
    const nextAttemptAt = next.final ? now : next.nextAttemptAt;
    await store.saveNotSent(messageId, { final: next.final, reason, nextAttemptAt, providerMessageIds, attemptCounted: true });
    return [failed(sending, reason, next.final, now)];
  }

  readonly #report = async (statuses: readonly SocialStatus[], { tx, now }: Delivery): Promise<Outcome<void>[]> => {
    const store = new OutgoingStore(tx);
    const outcomes: Outcome<void>[] = [];
    for (const { channelAccount, providerMessageId, status, reason = 'the provider gave no reason' } of statuses) {
      const events: Draft[] = [];
      const message = await store.lockByProviderId(channelAccount, providerMessageId);
      if (status === 'failed') {
        if (!message) await store.rememberEarlyFailure(channelAccount, providerMessageId, reason, now);
        else if (message.state !== 'failed') {
          await store.saveFailed(message.messageId, reason);
          events.push(failed(message, reason, true, now));
        }
      } else if (message?.state === 'failed' && status !== 'sent') {
        // It reached the customer after all; whoever was told that it failed must hear so.
        await store.saveSent([message], now);
        events.push(delivered(message, providerMessageId, now));
      }
      outcomes.push({ events, answer: undefined });
    }
    return outcomes;
  };

  readonly #pushed = async (lists: readonly (readonly string[])[], { tx, now }: Delivery): Promise<Outcome<void>[]> => {
    const store = new OutgoingStore(tx);
    const waiting = await store.lockWaiting(lists.flat());
    await store.saveSent(
      [...waiting.keys()].map((messageId) => ({ messageId, providerMessageIds: [] })),
      now,
    );
    return lists.map((messageIds) => {
      const events = messageIds.flatMap((messageId) => {
        const sending = waiting.get(messageId);
        // Once, also when two sockets of a conversation were written to.
        return sending && waiting.delete(messageId) ? [delivered(sending, undefined, now)] : [];
      });
      return { events, answer: undefined };
    });
  };
}

type Sending = { messageId: string; ticketId: string; attempts: number; channel: Channel };

const delivered = ({ messageId, ticketId, attempts, channel }: Sending, providerMessageId: string | undefined, now: Date): Draft =>
  MessageDelivered(ticketId, { messageId, channel, providerMessageId, attempts: Math.max(1, attempts), deliveredAt: now.toISOString() });

const failed = ({ messageId, ticketId, attempts, channel }: Sending, reason: string, final: boolean, now: Date): Draft =>
  DeliveryFailed(ticketId, {
    messageId,
    channel,
    reason: reason.slice(0, 500),
    attempts: Math.max(1, attempts),
    final,
    failedAt: now.toISOString(),
  });
