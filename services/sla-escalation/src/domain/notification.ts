import type { NotificationChannel, TicketEscalated } from '@signalbox/contracts';
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { StoredFacts } from './sla-ticket.js';

/** Tries in all; then its fallback is told. */
export const ATTEMPTS_MAX = 6;
/** Back-off after the n-th failure: 5 s, 30 s, 2, 10, 30 minutes, together 43 minutes. Later help is no help. */
const BACK_OFF_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000] as const;

/** Per ticket and address; two machines writing to each other reach it in seconds. */
export const MAILS_MAX = 10;
export const MAILS_WINDOW_MS = 10 * 60_000;

/** The step of an escalation that is told. Each is said once in a ticket's life. */
export type Step = Pick<TicketEscalated['data'], 'level' | 'cause' | 'target'>;

/** What is told of a step, stored until it has been: no text of the ticket, nothing of its customer. */
export interface Notice {
  readonly explanation: string;
  /** The ticket's number, where it is known. */
  readonly number?: number;
  /** Of the step's target, where it has a deadline. */
  readonly dueAt?: string;
  readonly escalatedAt: string;
  /** The policy's words for whom to tell if this one cannot be told. */
  readonly fallback: readonly string[];
}

export interface Notification extends Step {
  readonly notificationId: string;
  readonly ticketId: string;
  readonly via: z.infer<typeof NotificationChannel>;
  readonly to: string;
  /** Of a mail. */
  readonly address?: string;
  readonly notice: Notice;
}

/** A step that quiet hours hold back. Whom `words` come to is found when it is told. */
export interface HeldStep extends Step {
  readonly ticketId: string;
  readonly words: readonly string[];
  readonly notice: Notice;
}

export type SendResult = { readonly kind: 'sent' } | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean };

/**
 * The same for the same escalation and recipient, however often it is decided. A step can be reached again: by the next reply's clock, by the
 * next silent owner. `instead`: of somebody who could not be told.
 */
export function notificationIdOf(
  ticketId: string,
  { level, cause, target }: Step,
  escalatedAt: string,
  { via, to }: Pick<Notification, 'via' | 'to'>,
  instead = false,
): string {
  return idOf([ticketId, cause, level, target ?? null, escalatedAt, via, to, instead]);
}
/** The same for the same escalation, however often it is decided. */
export const heldStepIdOf = ({ ticketId, level, cause, target, notice }: HeldStep): string =>
  idOf([ticketId, cause, level, target ?? null, notice.escalatedAt]);

const idOf = (identity: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);

/** When to try again after the failure of attempt number `attempts` (from 1); null: never. */
export function nextAttemptAt(attempts: number, retryable: boolean, now: Date): Date | null {
  if (!retryable || attempts >= ATTEMPTS_MAX) return null;
  return new Date(now.getTime() + BACK_OFF_MS[Math.max(attempts, 1) - 1]!);
}

/** As it came in; facts that were stored before it was kept have none. */
export function numberIn(facts: StoredFacts): number | undefined {
  return Object.values(facts).find((fact) => fact.type === 'received')?.number;
}
