import { DataSource, type EntityManager } from 'typeorm';
import { AgentStore } from '../src/agent.store.js';
import { CreateAssignment } from '../src/migrations/1795482600000-create-assignment.js';
import { RepeatStates } from '../src/migrations/1795651200000-repeat-states.js';
import { HandOver } from '../src/migrations/1795910400000-hand-over.js';
import { RememberLastAssignment } from '../src/migrations/1795911000000-remember-last-assignment.js';
import { FollowShifts } from '../src/migrations/1795911600000-follow-shifts.js';
import { KeepSkillsOfTransfers } from '../src/migrations/1795912200000-keep-skills-of-transfers.js';
import { KeepWithinLimits } from '../src/migrations/1795998000000-keep-within-limits.js';
import { MergeTickets } from '../src/migrations/1796054400000-merge-tickets.js';
import { TicketStore } from '../src/ticket.store.js';

/** Runs in a schema of its own that nothing survives of. */
async function inSchema(work: (tx: EntityManager, migrate: (step: 'before' | 'now') => Promise<void>) => Promise<void>): Promise<void> {
  const database = await new DataSource({ type: 'postgres', url: process.env['DATABASE_URL']! }).initialize();
  const runner = database.createQueryRunner();
  try {
    await runner.startTransaction();
    await runner.query('create schema upgrade');
    await runner.query('set local search_path to upgrade');
    await work(runner.manager, async (step) => {
      for (const migration of step === 'now'
        ? [
            new HandOver(),
            new RememberLastAssignment(),
            new FollowShifts(),
            new KeepSkillsOfTransfers(),
            new KeepWithinLimits(),
            new MergeTickets(),
          ]
        : [new CreateAssignment(), new RepeatStates()])
        await migration.up(runner);
    });
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
    await database.destroy();
  }
}

it('finds its tickets, offers and holds again after the upgrade of a database that was at work', async () => {
  await inSchema(async (tx, migrate) => {
    await migrate('before');
    await tx.query(`
      insert into ticket (ticket_id, number, channel, customer_id, priority, status, epoch, agent_id, units, assigned_at, offer_id, offer_agent_id,
        offer_expires_at, first_queued_at, relax_from, excluded_agent_ids, solved_at, solved_how) values
        ('asked', 1, 'chat', 'c', 'high', 'new', 1, null, 2, null, 'o', 'ana', '2026-11-24T09:00:30Z', '2026-11-24', '2026-11-24', '{ben}', null, null),
        ('owned', 2, 'web', 'c', 'high', 'open', 2, 'ana', 1, '2026-11-24', null, null, null, '2026-11-24', '2026-11-24', '{}', null, null),
        ('done', 3, 'web', 'c', null, 'solved', 2, 'ana', 1, '2026-11-24', null, null, null, '2026-11-24', '2026-11-24', '{}', '2026-11-24', 'agent');
      insert into agent (agent_id, configured, units_max) values ('ana', true, 6);
      insert into hold (ticket_id, agent_id, units, channel, state) values ('asked', 'ana', 2, 'chat', 'offered'), ('owned', 'ana', 1, 'web', 'assigned');`);
    await migrate('now');
    const now = new Date('2026-11-24T09:00:00Z');
    const tickets = await new TicketStore(tx).lock(['asked', 'owned', 'done'], now);
    expect(tickets.map(({ stage }) => stage)).toMatchObject([
      { at: 'offered', status: 'new', offer: { offerId: 'o', agentId: 'ana', units: 2, interruptible: false, acknowledgeBy: null } },
      { at: 'solved', agentId: 'ana', units: 1 },
      { at: 'owned', agentId: 'ana', units: 1, rescue: undefined, silence: undefined },
    ]);
    expect(tickets.find(({ ticketId }) => ticketId === 'asked')).toMatchObject({ excludedAgentIds: ['ben'], attempts: 0, transfers: 0 });
    const [ana] = await new AgentStore(tx).lock(['ana']);
    expect([...ana!.holds.values()]).toMatchObject([
      { ticketId: 'asked', state: 'offered', units: 2 },
      { ticketId: 'owned', state: 'assigned', units: 1 },
    ]);
    await new TicketStore(tx).save(tickets);
    expect(await new TicketStore(tx).lock(['asked', 'owned', 'done'], now)).toEqual(tickets);
  });
});
