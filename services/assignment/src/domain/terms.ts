import { unitsOf, type Channel, type Company, type QueueConfig } from '@signalbox/contracts';
import type { Weight } from './agent.js';
import type { Ticket } from './ticket.js';

type OfferMode = QueueConfig['offers'][Channel];

/** What the configuration says for one ticket at this moment, with the defaults where nothing is configured yet. */
export interface Terms {
  readonly queueId: string;
  /** Undefined = no such queue is configured. */
  readonly weight: Weight | undefined;
  readonly mode: OfferMode;
  readonly expiredOffersMax: number;
  /** Infinity = no limit, or nowhere to go after it. */
  readonly attemptsMax: number;
  readonly supervisorQueueId: string;
  readonly retryAgentMs: number;
  readonly reassignable: (reasonName: string | undefined) => boolean;
  readonly wrapUpMs: number;
  readonly transfersMax: number;
  /** Minutes of the owner's shift; null = never. */
  readonly ownerSilentMinutes: number | null;
  readonly ownerSilentReleaseMinutes: number | null;
  readonly whenOffline: 'release' | 'keep';
  readonly atShiftEnd: 'keep' | 'release' | 'hand-over';
}

const EXPIRED_OFFERS_MAX = 3;
const RETRY_AGENT_SECONDS = 60;
const TRANSFERS_MAX = 3;

export function termsOf(ticket: Ticket, queueId: string, queue: QueueConfig | undefined, company: Company | undefined): Terms {
  const channel = ticket.received?.channel ?? 'web';
  const supervisorQueueId = company?.supervisorQueue ?? queueId;
  const mode = queue?.offers[channel] ?? { mode: 'automatic' };
  return {
    queueId,
    weight: queue && {
      units: unitsOf(queue, channel, ticket.enriched?.complexity ?? null),
      interruptible: queue.interruptible?.includes(channel) ?? false,
    },
    mode,
    expiredOffersMax: queue?.expiredOffersMax ?? EXPIRED_OFFERS_MAX,
    attemptsMax: mode.mode === 'automatic' || supervisorQueueId === queueId ? Infinity : (mode.attemptsMax ?? Infinity),
    supervisorQueueId,
    retryAgentMs: (company?.retryAgentSeconds ?? RETRY_AGENT_SECONDS) * 1000,
    reassignable: (reasonName) => company?.declineReasons.find((reason) => reason.name === reasonName)?.reassignable ?? false,
    wrapUpMs: (queue?.wrapUpSeconds?.[channel] ?? 0) * 1000,
    transfersMax: company?.transfersMax ?? TRANSFERS_MAX,
    ownerSilentMinutes: queue?.ownerSilentMinutes ?? null,
    ownerSilentReleaseMinutes: queue?.ownerSilentReleaseMinutes ?? null,
    whenOffline: queue?.whenOffline?.[channel] ?? 'release',
    atShiftEnd: queue?.atShiftEnd?.[channel] ?? 'keep',
  };
}
