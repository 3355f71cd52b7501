import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { expireLease } from './domain/agent.js';
import { graceIsOver, isMassExpiry, MASS_EXPIRY_HOLD_MS, MASS_EXPIRY_WINDOW_MS, release } from './domain/oversight.js';
import { Repeating } from './repeating.js';

const AGENTS_PER_TURN_MAX = 500;

/** Leases that ran out: within the window ($2) those we acted on, for the time of the hold ($3) those we did not; and who would be there without that. */
const COUNT_EXPIRIES = `
  select count(*) filter (where ran_out)::int as expired, count(*)::int as online
  from (select presence, lease_until <= $1 and case when presence <> 'offline' then lease_until > $3
          else offline_since = lease_until and lease_until > $2 end as ran_out
        from agent where configured) a
  where presence <> 'offline' or ran_out`;
/** In a mass expiry ($3) only those who said themselves that they go. */
const DUE = `
  select agent_id from agent where presence <> 'offline' and lease_until <= $1 and not $3::boolean
  union
  select a.agent_id from agent a where a.presence = 'offline' and a.offline_since <= $2
    and (not $3::boolean or a.offline_since is distinct from a.lease_until)
    and exists (select from hold h where h.agent_id = a.agent_id and h.state = 'assigned')
  order by agent_id limit ${AGENTS_PER_TURN_MAX}`;

@Injectable()
export class PresenceLeaseTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('PresenceLeaseTimer');
  readonly #repeating = new Repeating('PresenceLeaseTimer', 1_000, () => this.endLeases());
  #alarmedAt = 0;

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  /** Agents whose lease ran out go offline; those offline beyond the grace lose what their queues do not let them keep. Gives how many agents it looked at. */
  endLeases(): Promise<number> {
    return this.unit.submit(this.#end, undefined);
  }

  readonly #end: CommandHandler<undefined, number> = async (commands, delivery) => {
    const { tx, now } = delivery;
    const desk = await Desk.open(delivery);
    const done = async (looked: number) => {
      const events = await desk.save();
      return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: looked }));
    };
    const [windowBegan, holdBegan] = [MASS_EXPIRY_WINDOW_MS, MASS_EXPIRY_HOLD_MS].map((ms) => new Date(now.getTime() - ms));
    const [counted] = (await tx.query(COUNT_EXPIRIES, [now, windowBegan, holdBegan])) as {
      expired: number;
      online: number;
    }[];
    const isMass = isMassExpiry(counted!.expired, counted!.online);
    if (isMass) this.#alarm(counted!.expired, counted!.online, now);
    const graceBegan = new Date(now.getTime() - desk.offlineGraceSeconds * 1000);
    const due = ((await tx.query(DUE, [now, graceBegan, isMass])) as { agent_id: string }[]).map((row) => row.agent_id);
    if (due.length === 0) return done(0);
    await desk.loadAgents(due, 'held');
    for (const agentId of due) {
      desk.change(expireLease(desk.agent(agentId), now));
      if (desk.agent(agentId).presence === 'offline') desk.withdraw(agentId, 'agent-offline');
      if (!graceIsOver(desk.agent(agentId), desk.offlineGraceSeconds, now)) continue;
      for (const ticketId of desk.agent(agentId).holds.keys())
        if (desk.termsFor(desk.ticket(ticketId)).whenOffline === 'release')
          desk.apply(release(desk.ticket(ticketId), desk.agent(agentId), 'agent-offline', now));
      // Looked at once: what they keep is not due again every second.
      const gone = desk.agent(agentId);
      if ([...gone.holds.values()].some((held) => held.state === 'assigned')) desk.change({ ...gone, offlineSince: null });
    }
    return done(due.length);
  };

  /** Said once a window, not once a turn. */
  #alarm(expired: number, online: number, now: Date): void {
    if (now.getTime() - this.#alarmedAt < MASS_EXPIRY_WINDOW_MS) return;
    this.#alarmedAt = now.getTime();
    this.#logger.error(
      `alarm: the presence of ${expired} of ${online} agents ran out at once; nothing is released until they are back, or for ${MASS_EXPIRY_HOLD_MS / 60_000} minutes`,
    );
  }
}
