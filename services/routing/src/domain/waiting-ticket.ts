import type { Channel, Priority } from '@signalbox/contracts';

/** A ticket as a round sees it: plain data, instants in ms. The same fields go into RoundRecorded. */
export interface WaitingTicket {
  readonly ticketId: string;
  readonly category: string | null;
  readonly complexity: number;
  readonly priority: Priority;
  readonly language: string | null;
  readonly channel: Channel;
  readonly tier: string | null;
  readonly queueId: string;
  readonly units: number;
  readonly epoch: number;
  readonly firstQueuedAt: number;
  readonly relaxFrom: number;
  readonly excludedAgentIds: readonly string[];
  readonly extraSkills: Readonly<Record<string, number>>;
  /** Required, though no configured agent has them: they count as not required. Absent = none. */
  readonly unknownSkills?: readonly string[] | undefined;
  /** Who solved this customer's latest tickets, newest first. */
  readonly recentAgentIds: readonly string[];
  /** The most pressing running clock. */
  readonly dueAt: number | null;
  readonly unenriched: boolean;
  /** Its channel's tickets fill the second pool of agents who have one. */
  readonly interruptible: boolean;
  /** To be rescued from this owner, who keeps it until somebody else has accepted; null = it waits. */
  readonly ownerAgentId: string | null;
}

/** An agent as a round sees it: the state assignment published. */
export interface CandidateAgent {
  readonly agentId: string;
  readonly agentVersion: number;
  readonly presence: 'online' | 'away' | 'offline';
  readonly inRotation: boolean;
  readonly skills: Readonly<Record<string, number>>;
  readonly languages: Readonly<Record<string, number>>;
  readonly queueIds: readonly string[];
  readonly unitsMax: number;
  readonly channelUnitsMax: Readonly<Partial<Record<Channel, number>>>;
  readonly unitsUsed: number;
  /** The second pool, for interruptible tickets; null = they share the first. */
  readonly interruptibleUnitsMax: number | null;
  readonly interruptibleUnitsUsed: number;
  readonly channelUnitsUsed: Readonly<Partial<Record<Channel, number>>>;
  readonly idleSince: number | null;
  readonly lastAssignedAt: number | null;
  /** False = outside of the configured shifts; absent = none are configured, or a record of before it was said. */
  readonly onShift?: boolean | undefined;
  readonly shiftEndsAt: number | null;
  /** What the tickets are about that take the agent's units; null = not known. */
  readonly work: readonly (string | null)[];
}

/** What holds of an agent for one round alone, though the agent's own record does not say it. */
export interface Passing {
  /** Units that proposals in flight have taken, though the agent's record does not show them yet. */
  readonly units: number;
  readonly interruptibleUnits: number;
  readonly channels: Readonly<Partial<Record<Channel, number>>>;
  /** How many of the agent's own tickets are near their deadline. */
  readonly ticketsNearBreach: number;
  /** Minutes of work that proposals in flight bring. */
  readonly aheadMinutes: number;
  /** Tickets the agent was given within the policy's fairness window. */
  readonly ticketsInWindow: number;
}
export const NOTHING_PASSING: Passing = {
  units: 0,
  interruptibleUnits: 0,
  channels: {},
  ticketsNearBreach: 0,
  aheadMinutes: 0,
  ticketsInWindow: 0,
};
