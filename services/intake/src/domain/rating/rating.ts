import { SatisfactionRated, type Draft } from '@signalbox/contracts';

export const SCORES = [1, 2, 3, 4, 5] as const;
export type Score = (typeof SCORES)[number];

/** What intake knows of a ticket that bears on its rating. */
export interface RatedTicket {
  readonly ticketId: string;
  /** It was solved at least once, whatever became of it since. */
  readonly wasSolved: boolean;
  /** Who solved it last; null: nobody but the automatic answer. */
  readonly solvedByAgentId: string | null;
  /** The latest rating, and whom it was about. */
  readonly rating: { readonly score: number; readonly agentId: string | null } | null;
}

export interface RatingDecision {
  readonly ticket: RatedTicket;
  readonly outcome: 'rated' | 'not-solved';
  readonly events: readonly Draft[];
}

/** The latest rating wins, the same one again says nothing new. Credit goes to who had solved the ticket when it was given. */
export function rate(ticket: RatedTicket, score: Score, now: Date): RatingDecision {
  if (!ticket.wasSolved) return { ticket, outcome: 'not-solved', events: [] };
  const agentId = ticket.solvedByAgentId;
  if (ticket.rating?.score === score && ticket.rating.agentId === agentId) return { ticket, outcome: 'rated', events: [] };
  const rated = SatisfactionRated(ticket.ticketId, { score, ratedAt: now.toISOString(), ...(agentId !== null && { agentId }) });
  return { ticket: { ...ticket, rating: { score, agentId } }, outcome: 'rated', events: [rated] };
}

/** The score in a form's or a JSON body's field, or undefined: a whole number from 1 to 5, in a form as its digit. */
export function scoreFrom(value: unknown): Score | undefined {
  return SCORES.find((score) => value === score || value === String(score));
}
