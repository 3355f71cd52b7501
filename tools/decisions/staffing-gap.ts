import {
  RoutingTopic,
  TicketsTopic,
  type AssignmentProposed,
  type Received,
  type TicketQueued,
  type TicketState,
} from '@signalbox/contracts';
import type { KafkaOptions } from '@signalbox/messaging';
import type { Findings } from './findings.ts';
import { readEvents } from './topics.ts';

/** What some waiting tickets lack. */
export interface Gap {
  readonly queueId: string;
  /** Least levels that keep agents from taking them, by skill. */
  readonly skills: Readonly<Record<string, number>>;
  readonly language: { readonly tag: string; readonly level: number } | null;
  readonly tickets: number;
  /** Of the ticket that has waited longest. */
  readonly waitingSince: string;
  /** The most agents who meet all of it for one of the tickets, but are away, offline, full or busy. 0 = nobody has it. */
  readonly agentsWhoFit: number;
}
export interface StaffingGap {
  readonly at: string;
  readonly waiting: number;
  /** Those of which nobody fits first, then by tickets. */
  readonly gaps: readonly Gap[];
  /** Required skills that no configured agent has, with the unsolved tickets that were given to somebody without them. */
  readonly nobodyHas: readonly { readonly skill: string; readonly tickets: number }[];
}
export type StaffingEvent = TicketQueued | AssignmentProposed | TicketState;

interface Waiting {
  queued?: Received<TicketQueued>;
  /** The routing event after which it does not wait any more. */
  proposed: boolean;
  routed: number;
  /** Required of it when it was proposed last, and set aside because no configured agent has them. */
  unknownSkills?: readonly string[];
  state?: TicketState['data'];
}

/** "accounting below 3", "de below 3": what the gate says of agents who lack a level. */
const BELOW = /^(.+) below (\d)$/;
const NOT_IN_QUEUE = /^(not in queue|in none of the queues|queue .+ keeps its agents:) ?/;

/** Gathers what waits and why, in whatever order the topics are read. */
export class StaffingGatherer {
  readonly #tickets = new Map<string, Waiting>();

  take(event: Received<StaffingEvent>): void {
    const ticket = this.#tickets.get(event.ticketId) ?? { proposed: false, routed: 0 };
    this.#tickets.set(event.ticketId, ticket);
    if (event.type === 'TicketState') {
      ticket.state = event.data;
      return;
    }
    if (event.version <= ticket.routed) return;
    ticket.routed = event.version;
    ticket.proposed = event.type === 'AssignmentProposed';
    if (event.type === 'TicketQueued') ticket.queued = event;
    else ticket.unknownSkills = event.data.unknownSkills ?? [];
  }

  report(now: Date): StaffingGap {
    const gaps = new Map<string, { -readonly [K in keyof Gap]: Gap[K] }>();
    let waiting = 0;
    for (const { queued, proposed, state } of this.#tickets.values()) {
      if (!queued || proposed || (state && (state.removed || state.agentId !== null || !['new', 'open'].includes(state.status)))) continue;
      waiting += 1;
      const needs = needsIn(queued.data, state?.language ?? null);
      const since = state?.firstQueuedAt ?? queued.data.queuedAt;
      const key = JSON.stringify([queued.data.queueId, needs.skills, needs.language]);
      const gap = gaps.get(key);
      if (!gap)
        gaps.set(key, {
          queueId: queued.data.queueId,
          skills: needs.skills,
          language: needs.language,
          tickets: 1,
          waitingSince: since,
          agentsWhoFit: needs.agentsWhoFit,
        });
      else {
        gap.tickets += 1;
        if (Date.parse(since) < Date.parse(gap.waitingSince)) gap.waitingSince = since;
        gap.agentsWhoFit = Math.max(gap.agentsWhoFit, needs.agentsWhoFit);
      }
    }
    const sorted = [...gaps.values()].sort(
      (a, b) =>
        Number(a.agentsWhoFit > 0) - Number(b.agentsWhoFit > 0) ||
        b.tickets - a.tickets ||
        Date.parse(a.waitingSince) - Date.parse(b.waitingSince),
    );
    return { at: now.toISOString(), waiting, gaps: sorted, nobodyHas: this.#nobodyHas() };
  }

  /** A ticket is matched without such a skill, so it hardly ever waits for one: it is somebody's who lacks it. */
  #nobodyHas(): StaffingGap['nobodyHas'] {
    const tickets = new Map<string, number>();
    for (const { unknownSkills = [], state } of this.#tickets.values()) {
      if (state && (state.removed || ['solved', 'closed'].includes(state.status))) continue;
      for (const skill of unknownSkills) tickets.set(skill, (tickets.get(skill) ?? 0) + 1);
    }
    return [...tickets]
      .map(([skill, count]) => ({ skill, tickets: count }))
      .sort((a, b) => b.tickets - a.tickets || (a.skill < b.skill ? -1 : 1));
  }
}

function needsIn({ reasons }: TicketQueued['data'], ticketLanguage: string | null): Pick<Gap, 'skills' | 'language' | 'agentsWhoFit'> {
  const skills: [string, number][] = [];
  let language: Gap['language'] = null;
  let agentsWhoFit = 0;
  for (const { reason, agents } of reasons) {
    const [, name, level] = BELOW.exec(reason) ?? [];
    if (name !== undefined && name === ticketLanguage) language = { tag: name, level: Number(level) };
    else if (name !== undefined) skills.push([name, Number(level)]);
    else if (!NOT_IN_QUEUE.test(reason)) agentsWhoFit += agents;
  }
  return { skills: Object.fromEntries(skills.sort(([a], [b]) => (a < b ? -1 : 1))), language, agentsWhoFit };
}

export async function staffingGap(kafka: KafkaOptions, now = new Date()): Promise<Findings<StaffingGap>> {
  const gatherer = new StaffingGatherer();
  await readEvents<StaffingEvent>(kafka, [RoutingTopic, TicketsTopic], ['TicketQueued', 'AssignmentProposed', 'TicketState'], (event) =>
    gatherer.take(event),
  );
  const found = gatherer.report(now);
  return { found, words: wordsOf(found, now) };
}

export function wordsOf({ waiting, gaps, nobodyHas }: StaffingGap, now: Date): string[] {
  const set = nobodyHas.map(({ skill, tickets }) => `${skill} (${tickets} tickets)`).join(', ');
  const unknown = nobodyHas.length === 0 ? [] : [`nobody has: ${set}; required of tickets that were given to somebody without it`];
  if (waiting === 0) return ['no ticket waits for an agent', ...unknown];
  return [
    `${waiting} tickets wait for an agent`,
    ...gaps.map(({ queueId, skills, language, tickets, waitingSince, agentsWhoFit }) => {
      const levels = [...Object.entries(skills), ...(language ? [[language.tag, language.level] as const] : [])];
      const needs = levels.map(([name, level]) => `${name} ≥ ${level}`).join(', ') || 'anybody';
      const minutes = Math.max(0, (now.getTime() - Date.parse(waitingSince)) / 60_000).toFixed(0);
      const who = agentsWhoFit === 0 ? 'nobody has it' : `${agentsWhoFit} have it and cannot now`;
      return `${String(tickets).padStart(5)}  queue ${queueId}: ${needs}; ${who}; oldest waits ${minutes} min`;
    }),
    ...unknown,
  ];
}
