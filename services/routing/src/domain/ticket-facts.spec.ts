import { RoutingPolicy, type TicketSnapshot } from '@signalbox/contracts';
import { ConfigurationSnapshot, NO_CONFIGURATION } from '@signalbox/messaging';
import { snapshot } from '../../test/events.js';
import {
  firstQueuedAtOf,
  isRescueAsked,
  priorityOf,
  orderRankOf,
  overAgeAtOf,
  ownedSinceOf,
  readyAtOf,
  rejectedAt,
  rescueAtOf,
  standingOf,
  waitChange,
  waitingTicketOf,
  waitsSinceOf,
  type TicketFacts,
} from './ticket-facts.js';

const AT = Date.parse('2026-11-24T09:00:00Z');
const patience = { answerWaitMs: 150, enrichmentWaitMs: 5_000 };
const received = { at: AT, channel: 'web', automatic: false } as const;
const enriched: NonNullable<TicketFacts['enriched']> = {
  category: 'billing-dispute',
  complexity: 2,
  priority: 'high',
  language: 'de',
  tier: 'gold',
  wantsHuman: false,
  recentAgentIds: ['ana'],
  unclassified: false,
};
const standing = (fields: Partial<TicketSnapshot>, hasProposal = false) =>
  standingOf({ received, assignment: snapshot(fields) }, hasProposal);
const offer = { offerId: 'o', agentId: 'ana', expiresAt: '2026-11-24T09:01:00Z' };

describe('whether a ticket wants an agent', () => {
  it('is unknown until it was received, whatever others said before', () => {
    expect(standingOf({ enriched, assignment: snapshot() }, false)).toBe('unknown');
  });
  it('is yes for a new ticket before assignment has spoken, and while it has neither owner nor offer', () => {
    expect(standingOf({ received }, false)).toBe('waiting');
    expect(standing({ status: 'new' })).toBe('waiting');
    expect(standing({ status: 'open' })).toBe('waiting');
    expect(standing({ status: 'open' }, true)).toBe('proposed');
  });
  it('is no while it is offered, owned, answered or over', () => {
    expect(standing({ offer })).toBe('gone');
    expect(standing({ status: 'open', agentId: 'ana' })).toBe('owned');
    expect(standing({ status: 'on-hold', agentId: 'ana' })).toBe('owned');
    expect(standing({ status: 'pending' })).toBe('gone');
    expect(standing({ status: 'solved', agentId: 'ana' })).toBe('gone');
    expect(standing({ status: 'closed' }, true)).toBe('gone');
  });
});

describe('a skill that no configured agent has', () => {
  const configured = (agents: Record<string, object>) =>
    new ConfigurationSnapshot(
      1,
      new Map<string, Map<string, unknown>>([
        ['category', new Map([['billing-dispute', { title: 'B', queue: 'billing', requiredSkills: { accounting: 3, acounting: 2 } }]])],
        ['agent', new Map(Object.entries(agents))],
      ]) as never,
    );
  const extra = { received, enriched, assignment: snapshot({ extraSkills: { law: 2, tax: 1 } }) };
  it('is named, whether the category, an escalation or a transfer asks for it', () => {
    const config = configured({ ana: { skills: { accounting: 1 } }, ben: { skills: { law: 5 } } });
    expect(waitingTicketOf('t', extra, config).unknownSkills).toEqual(['acounting', 'tax']);
    expect(waitingTicketOf('t', { received, enriched: { ...enriched, category: null } }, config).unknownSkills).toBeUndefined();
  });
  it('is none where the configuration names no agents', () => {
    expect(waitingTicketOf('t', extra, configured({})).unknownSkills).toBeUndefined();
  });
});

describe('a ticket to be rescued', () => {
  const dueAt = AT + 600_000;
  const owned = { received, dueAt, assignment: snapshot({ status: 'open', agentId: 'ana' }) };
  it('is looked at for the first time at once, then twice more, half a minute apart', () => {
    expect(rescueAtOf(owned, false)).toBe(0);
    expect(rescueAtOf({ ...owned, rescue: { because: dueAt, proposed: 2, triedAt: AT } }, false)).toBe(AT + 30_000);
    expect(rescueAtOf({ ...owned, rescue: { because: dueAt, proposed: 3, triedAt: AT } }, false)).toBeUndefined();
    // Another deadline, another rescue.
    expect(rescueAtOf({ ...owned, rescue: { because: dueAt - 1, proposed: 3, triedAt: AT } }, false)).toBe(0);
  });
  it('is left alone while something is on its way, or it does not need anybody', () => {
    expect(rescueAtOf(owned, true)).toBeUndefined();
    for (const fields of [{ offer }, { agentId: null }, { status: 'pending' as const }])
      expect(rescueAtOf({ ...owned, assignment: snapshot({ status: 'open', agentId: 'ana', ...fields }) }, false)).toBeUndefined();
    expect(rescueAtOf({ ...owned, dueAt: null }, false)).toBeUndefined();
  });
  it('is one because an escalation says so, until it has another owner or was solved', () => {
    const asked: TicketFacts = { ...owned, dueAt: null, rescueAskedAt: AT, ownedSince: AT - 1 };
    expect(rescueAtOf(asked, false)).toBe(0);
    expect(rescueAtOf({ ...asked, rescue: { because: AT, proposed: 3, triedAt: AT } }, false)).toBeUndefined();
    // The next level asks again.
    expect(rescueAtOf({ ...asked, rescueAskedAt: AT + 1, rescue: { because: AT, proposed: 3, triedAt: AT } }, false)).toBe(0);
    const since = (type: string, ms: number): TicketFacts => {
      const at = new Date(AT + ms);
      return { ...asked, ownedSince: ownedSinceOf({ type, at, data: { assignedAt: at.toISOString() } } as never) ?? asked.ownedSince! };
    };
    expect(isRescueAsked(since('StatusChanged', 5))).toBe(true);
    expect(isRescueAsked(since('TicketAssigned', 5))).toBe(false);
    expect(isRescueAsked(since('TicketReopened', 5))).toBe(false);
    // Whichever of the two was read first.
    expect(isRescueAsked(since('TicketAssigned', -5))).toBe(true);
  });
});

describe('a rejected proposal', () => {
  it('is decided again soon, and later each further time', () => {
    const waits: number[] = [];
    let facts: TicketFacts = { received };
    for (let nth = 0; nth < 10; nth += 1) {
      facts = { ...facts, ...rejectedAt(facts, new Date(AT)) };
      waits.push(facts.notBefore! - AT);
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(readyAtOf({ ...facts, enriched, verdict: { kind: 'none', at: AT } }, patience)).toBe(AT + 5_000);
  });
});

describe('the place in the order', () => {
  const policy = RoutingPolicy.parse({
    weights: { standard: {} },
    maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 },
    relaxation: [
      { afterSeconds: 60, priorityDelta: 1 },
      { afterSeconds: 120, priorityDelta: 3 },
    ],
  });
  it('is the priority’s, raised by the steps that have come since relaxFrom', () => {
    const facts = {
      received,
      enriched: { ...enriched, priority: 'low' as const },
      assignment: snapshot({ relaxFrom: new Date(AT).toISOString() }),
    };
    const rankAfter = (seconds: number) => orderRankOf(facts, policy, new Date(AT + seconds * 1000));
    expect([59, 60, 119, 120].map(rankAfter)).toEqual([3, 2, 2, 0]);
    expect(orderRankOf({ ...facts, enriched }, policy, new Date(AT + 120_000))).toBe(0);
    expect([orderRankOf(facts, undefined, new Date(AT)), orderRankOf({}, policy, new Date(AT))]).toEqual([3, 2]);
  });
  it('changes at the maximum age of the priority', () => {
    expect(overAgeAtOf({ received, enriched }, policy)).toBe(AT + 30 * 60_000);
    expect(overAgeAtOf({ received }, policy)).toBe(AT + 120 * 60_000);
    expect([overAgeAtOf({}, policy), overAgeAtOf({ received }, undefined)]).toEqual([undefined, undefined]);
  });
});

describe('how long a ticket waits for an agent', () => {
  const minute = (nth: number) => AT + nth * 60_000;
  /** Each word of assignment's in its order; gives the minutes of every wait that ended with an owner. */
  function waitsOf(...said: [at: number, fields: Partial<TicketSnapshot>][]): { lasted: number[]; since: number | undefined } {
    let facts: TicketFacts = { received };
    const lasted: number[] = [];
    for (const [at, fields] of said) {
      const change = waitChange(facts, snapshot(fields), minute(at));
      if (change.lasted !== undefined) lasted.push(change.lasted / 60_000);
      facts = { ...facts, assignment: snapshot(fields), ...(change.begins !== undefined && { waitsSince: change.begins }) };
    }
    const since = waitsSinceOf(facts);
    return { lasted, since: since === undefined ? undefined : (since - AT) / 60_000 };
  }
  const owned = { status: 'open', agentId: 'ana' } as const;

  it('is from its receipt to its first owner, through offers and declines', () => {
    expect(waitsOf()).toEqual({ lasted: [], since: 0 });
    expect(waitsOf([1, { offer }], [2, {}], [3, { offer }])).toEqual({ lasted: [], since: 0 });
    expect(waitsOf([1, { offer }], [2, {}], [4, owned], [5, owned])).toEqual({ lasted: [4], since: undefined });
  });
  it('counts anew when it is released, reopened, or comes to another queue', () => {
    expect(waitsOf([4, owned], [60, { status: 'open' }], [63, { ...owned, agentId: 'bo' }])).toEqual({ lasted: [4, 3], since: undefined });
    expect(waitsOf([4, { status: 'solved', agentId: 'ana' }], [90, { status: 'open' }])).toEqual({ lasted: [4], since: 90 });
    const moved = { queueOverride: 'billing', relaxFrom: '2026-11-24T09:20:00Z' };
    expect(waitsOf([1, {}], [20, moved], [26, { ...owned, ...moved }])).toEqual({ lasted: [6], since: undefined });
  });
  it('ends without one when it is answered or given up, and an owner who changes is no wait', () => {
    expect(waitsOf([1, { status: 'pending' }], [50, { status: 'open' }], [52, owned])).toEqual({ lasted: [2], since: undefined });
    expect(waitsOf([9, { status: 'solved' }])).toEqual({ lasted: [], since: undefined });
    expect(waitsOf([1, owned], [30, { ...owned, agentId: 'bo', relaxFrom: '2026-11-24T09:30:00Z' }]).lasted).toEqual([1]);
  });
});

describe('when a ticket is ready', () => {
  const ready = (facts: TicketFacts) => readyAtOf({ received, ...facts }, patience)! - AT;
  it('is at once when it is enriched and the knowledge base has nothing', () => {
    expect(ready({ enriched, verdict: { kind: 'none', at: AT + 90 } })).toBe(0);
  });
  it('is when patience with the slower neighbour has run out', () => {
    expect(ready({ enriched })).toBe(150);
    expect(ready({ verdict: { kind: 'none', at: AT } })).toBe(5_000);
    expect(ready({})).toBe(5_000);
  });
  it('does not wait for a verdict when it is urgent, wants a person, or is back from an answer', () => {
    expect(ready({ enriched: { ...enriched, priority: 'urgent' } })).toBe(0);
    expect(ready({ enriched: { ...enriched, wantsHuman: true } })).toBe(0);
    expect(ready({ enriched, assignment: snapshot({ priorityOverride: 'urgent' }) })).toBe(0);
    expect(ready({ enriched, assignment: snapshot({ epoch: 2 }), verdict: { kind: 'answer', at: AT } })).toBe(0);
    expect(ready({ enriched, answerRefused: true, verdict: { kind: 'answer', at: AT } })).toBe(0);
  });
  it('gives assignment a while to release a proposed answer', () => {
    expect(ready({ enriched, verdict: { kind: 'answer', at: AT + 100 } })).toBe(2_100);
  });
  it('is not before a rejected proposal’s pause is over', () => {
    expect(ready({ enriched, verdict: { kind: 'none', at: AT }, notBefore: AT + 700 })).toBe(700);
  });
  it('is never without receipt', () => {
    expect(readyAtOf({ enriched }, patience)).toBeUndefined();
  });
});

describe('a ticket as a round sees it', () => {
  const units = { web: 3, email: 1, chat: 2, social: 1 };
  const config = new ConfigurationSnapshot(
    1,
    new Map<string, Map<string, unknown>>([
      ['company', new Map([['main', { defaultQueue: 'general' }]])],
      ['category', new Map([['billing-dispute', { queue: 'billing' }]])],
      ['queue', new Map([['billing', { units }]])],
    ]),
  );
  it('takes queue and units from the configuration', () => {
    expect(waitingTicketOf('t', { received, enriched }, config)).toMatchObject({
      queueId: 'billing',
      units: 3,
      priority: 'high',
      unenriched: false,
    });
  });
  it('lets a person’s or an escalation’s word hold over enrichment’s', () => {
    const assignment = snapshot({
      queueOverride: 'vip',
      priorityOverride: 'urgent',
      extraSkills: { seniority: 3 },
      excludedAgentIds: ['ben'],
    });
    const ticket = waitingTicketOf('t', { received, enriched, assignment }, config);
    expect(ticket).toMatchObject({ queueId: 'vip', priority: 'urgent', extraSkills: { seniority: 3 }, excludedAgentIds: ['ben'] });
    expect(priorityOf({ enriched, assignment })).toBe('urgent');
  });
  it('copes with missing enrichment and missing configuration', () => {
    expect(waitingTicketOf('t', { received }, config)).toMatchObject({ queueId: 'general', units: 1, category: null, unenriched: true });
    expect(waitingTicketOf('t', { received, enriched }, NO_CONFIGURATION)).toMatchObject({ queueId: 'general', units: 1 });
  });
  it('keeps the age assignment gives, and counts steps from relaxFrom', () => {
    const assignment = snapshot({ firstQueuedAt: '2026-11-24T08:00:00Z', relaxFrom: '2026-11-24T08:30:00Z' });
    expect(firstQueuedAtOf({ received, assignment })).toBe(AT - 3_600_000);
    expect(waitingTicketOf('t', { received, assignment }, config)).toMatchObject({
      firstQueuedAt: AT - 3_600_000,
      relaxFrom: AT - 1_800_000,
    });
  });
});
