import type { AgentRole } from '@signalbox/contracts';

/** Whoever sent a request, as the token says. */
export interface Caller {
  readonly agentId: string;
  readonly role: AgentRole;
  readonly expiresAt: Date;
  /** Set for tokens of our own: such a session can be ended. */
  readonly sessionId?: string | undefined;
}

/** What somebody may see at this moment. Supervisors and administrators see everything. */
export interface View {
  readonly agentId: string;
  readonly everything: boolean;
  readonly queueIds: readonly string[];
}

/** Whom a ticket concerns: everybody of its queue, whoever owns it, is offered it, or solved it. */
export interface Audience {
  readonly queueIds: readonly string[];
  readonly agentIds: readonly string[];
}

export const viewOf = (caller: Pick<Caller, 'agentId' | 'role'>, queueIds: readonly string[]): View => ({
  agentId: caller.agentId,
  everything: caller.role !== 'agent',
  queueIds,
});

export const maySee = (view: View, audience: Audience): boolean =>
  view.everything || audience.agentIds.includes(view.agentId) || audience.queueIds.some((queueId) => view.queueIds.includes(queueId));

/** Before and after a change together: who loses a ticket must be told so too. */
export const unionOf = (one: Audience, other: Audience): Audience => ({
  queueIds: [...new Set([...one.queueIds, ...other.queueIds])],
  agentIds: [...new Set([...one.agentIds, ...other.agentIds])],
});
