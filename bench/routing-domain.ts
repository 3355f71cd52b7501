import type { WaitingTicket, CandidateAgent } from '../services/routing/src/domain/waiting-ticket.ts';
import type { MatchPolicy, Matched } from '../services/routing/src/domain/match.ts';
import type { RoutingPolicy } from '@signalbox/contracts';

/** The compiled code of services/routing with the types of its source: `npm run bench` builds first. */
const compiled = (file: string): Promise<unknown> =>
  import(new URL(`../services/routing/dist/domain/${file}.js`, import.meta.url).href) as Promise<unknown>;
const { match } = (await compiled('match')) as typeof import('../services/routing/src/domain/match.ts');
const { weightsNameFor } = (await compiled('score')) as typeof import('../services/routing/src/domain/score.ts');
export const { NOTHING_PASSING } = (await compiled('waiting-ticket')) as typeof import('../services/routing/src/domain/waiting-ticket.ts');
export const { Learned } = (await compiled('learning')) as typeof import('../services/routing/src/domain/learning.ts');

/** A round as the service runs it. The one place that knows how `match` is called. */
export const decide = (
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  by: MatchPolicy,
  now: Date,
  passing: Parameters<typeof match>[5] = new Map(),
): Matched => match(tickets, agents, by, now, 0, passing);

/** Policy evaluation: which weights a ticket is scored with. */
export const evaluate = (ticket: WaitingTicket, policy: RoutingPolicy): string => weightsNameFor(ticket, policy);
