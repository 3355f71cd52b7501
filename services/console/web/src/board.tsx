import type { AgentRow, Board } from './api.js';
import { Bar } from './bar.js';
import { useNow } from './clock.js';
import { CannotMake, Deadline, Since, useIsOld } from './deadline.js';
import { standsAside } from './presence.js';
import { goToTicket } from './route.js';
import { useResource } from './stream.js';
import { WhyNoTicket } from './why-no-ticket.js';
import { customerName, duration, fullMoment, moment, plural, titled } from './words.js';

const PRESENCES = ['online', 'away', 'offline'];

/** The supervisor's view: where it gets tight, who has room, and why something still waits. */
export function BoardView() {
  const {
    value: board,
    problem,
    readAt,
  } = useResource<Board>('/board', (change) => change.kind === 'ticket' || change.kind === 'agent' || change.kind === 'queue');
  if (!board) {
    return (
      <main className="board">
        <p className="empty" role="status">
          {problem?.message ?? 'Reading…'}
        </p>
      </main>
    );
  }
  return (
    <main className="board">
      <h1 className="heard-only">Board</h1>
      <Alarms alarms={board.alarms} />
      <Queues queues={board.queues} readAt={readAt!} />
      <Agents agents={board.agents} />
      {board.toHandOver.length > 0 && <ToHandOver tickets={board.toHandOver} />}
      <Waiting tickets={board.waiting} />
    </main>
  );
}

function Queues({ queues, readAt }: { readonly queues: Board['queues']; readonly readAt: number }) {
  useNow();
  const since = (Date.now() - readAt) / 1000;
  return (
    <section className="card queues" aria-labelledby="queues-title">
      <h2 id="queues-title">Queues</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col">Waiting</th>
            <th scope="col">Oldest wait</th>
            <th scope="col">Offered</th>
            <th scope="col">Assigned</th>
            <th scope="col">Breached</th>
            <th scope="col">First breach</th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.queueId}>
              <th scope="row">{queue.title}</th>
              <Count of={queue.waiting} />
              <td>{queue.oldestWaitSeconds === null ? <span className="quiet">–</span> : duration(queue.oldestWaitSeconds + since)}</td>
              <Count of={queue.offered} />
              <Count of={queue.assigned} />
              <Count of={queue.breached} alarming />
              <td>{queue.outlook ? <Outlook outlook={queue.outlook} /> : <span className="quiet">–</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const SOON_MINUTES = 30;

/** When the first of a queue's waiting tickets will be late, as fast as it is worked on now. */
function Outlook({ outlook }: { readonly outlook: NonNullable<Board['queues'][number]['outlook']> }) {
  const now = useNow();
  const old = useIsOld(outlook.asOf);
  const { breachInMinutes, agents, arrivalsPerHour, beginningsPerHour, horizonMinutes, asOf } = outlook;
  const breachAt = breachInMinutes === null ? null : Date.parse(asOf) + breachInMinutes * 60_000;
  const left = breachAt === null ? null : (breachAt - now) / 1000;
  const pace = `${agents} online · ${perHour(arrivalsPerHour)} in · ${perHour(beginningsPerHour)} begun`;
  const soon = !old && left !== null && left < SOON_MINUTES * 60;
  return (
    <>
      <span className={soon ? 'soon-breached' : left === null || old ? 'quiet' : undefined}>
        {left === null ? '–' : left <= 0 ? 'now' : `in ${duration(left)}`}
      </span>
      <span className="queue-pace quiet" title={`${pace}${left === null ? `; none within ${duration(horizonMinutes * 60)}` : ''}`}>
        {old ? `as of ${moment(asOf, now)}` : pace}
      </span>
    </>
  );
}
const perHour = (rate: number): string => `${rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate)}/h`;

const Count = ({ of, alarming = false }: { readonly of: number; readonly alarming?: boolean }) => (
  <td className={of === 0 ? 'quiet' : alarming ? 'alarming' : undefined}>{of}</td>
);

function Agents({ agents }: { readonly agents: readonly AgentRow[] }) {
  const sorted = agents.toSorted((a, b) => PRESENCES.indexOf(a.presence) - PRESENCES.indexOf(b.presence) || a.name.localeCompare(b.name));
  const online = agents.filter((agent) => agent.presence === 'online').length;
  return (
    <section className="card" aria-labelledby="agents-title">
      <h2 id="agents-title">
        Agents <span className="count">{online} online</span>
      </h2>
      <ul className="agents">
        {sorted.map((agent) => (
          <li key={agent.agentId}>
            <span className={`dot ${agent.presence}`} aria-hidden="true" />
            <span className="agent-name">
              {agent.name} <span className="quiet">{standsAside(agent) ?? agent.presence}</span>
            </span>
            <Bar
              label={`${agent.unitsUsed} of ${agent.unitsMax} units in use`}
              share={agent.unitsUsed / agent.unitsMax}
              tone={agent.unitsUsed >= agent.unitsMax ? 'full' : 'plain'}
            />
            <span className="units">
              {agent.unitsUsed}/{agent.unitsMax}
            </span>
            <span className="quiet holds">{plural(agent.holds.length, 'ticket')}</span>
            <WhyNoTicket agent={agent} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A promise was broken, as seen from the topics alone: for whoever runs the system. */
function Alarms({ alarms }: Pick<Board, 'alarms'>) {
  if (alarms.length === 0) return null;
  return (
    <section className="card notice" aria-labelledby="alarms-title" role="alert">
      <h2 id="alarms-title">
        Alarms of the auditor <span className="count">{alarms.length}</span>
      </h2>
      <ul>
        {alarms.map(({ kind, about, version, detail }) => (
          <li key={`${kind} ${about} ${version}`}>
            <b>{kind}</b> {about}: {detail}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Whose owners have gone home. */
function ToHandOver({ tickets }: { readonly tickets: Board['toHandOver'] }) {
  return (
    <section className="card waiting" aria-labelledby="hand-over-title">
      <h2 id="hand-over-title">
        To hand over <span className="count">{tickets.length}</span>
      </h2>
      <ul>
        {tickets.map((ticket) => (
          <li key={ticket.ticketId}>
            <button type="button" className="row" data-nav={ticket.ticketId} onClick={() => goToTicket(ticket.ticketId)}>
              <span className="row-subject">{titled(ticket)}</span>
              <span className="row-facts">
                <span className={`priority ${ticket.priority}`}>{ticket.priority}</span>
                <span>of {ticket.owner?.name ?? 'nobody'}</span>
                <Deadline dueAt={ticket.dueAt} breached={ticket.breached} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Waiting({ tickets }: { readonly tickets: Board['waiting'] }) {
  return (
    <section className="card waiting" aria-labelledby="waiting-title">
      <h2 id="waiting-title">
        Waiting <span className="count">{tickets.length}</span>
      </h2>
      {tickets.length === 0 && <p className="empty">Nobody waits.</p>}
      <ul>
        {tickets.map((ticket) => (
          <li key={ticket.ticketId}>
            <button type="button" className="row" data-nav={ticket.ticketId} onClick={() => goToTicket(ticket.ticketId)}>
              <span className="row-subject">{titled(ticket)}</span>
              <span className="row-facts">
                <span className={`priority ${ticket.priority}`}>{ticket.priority}</span>
                <span>{ticket.queueTitle ?? 'no queue yet'}</span>
                <span className="row-customer">{customerName(ticket)}</span>
                {ticket.firstQueuedAt !== null && (
                  <span>
                    waits <Since at={ticket.firstQueuedAt} />
                  </span>
                )}
                {ticket.cannotMake && <CannotMake outlook={ticket.cannotMake} />}
                <Deadline dueAt={ticket.dueAt} breached={ticket.breached} />
              </span>
              <WhyWaiting {...ticket} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

type WhyProps = Pick<Board['waiting'][number], 'reasons' | 'step' | 'nextStepAt' | 'queuedAt'>;

/** Counted reasons, as of when routing said so, and when the requirements are relaxed next. */
export function WhyWaiting({ reasons, step, nextStepAt, queuedAt }: WhyProps) {
  const now = useNow();
  const seconds = (Date.parse(nextStepAt ?? '') - now) / 1000;
  return (
    <span className="why-waiting">
      {reasons.length === 0 && <span className="quiet">not looked at by routing yet</span>}
      {reasons.map(({ reason, agents }) => (
        <span key={reason} className="reason">
          <b>{plural(agents, 'agent')}:</b> {reason}
        </span>
      ))}
      {reasons.length > 0 && queuedAt !== null && (
        <time className="quiet" dateTime={queuedAt} title={fullMoment(queuedAt)}>
          as of {moment(queuedAt, now)}
        </time>
      )}
      {step > 0 && <span className="quiet">requirements relaxed, step {step}</span>}
      {nextStepAt !== null && <span className="quiet">{seconds > 0 ? `next step in ${duration(seconds)}` : 'next step now'}</span>}
    </span>
  );
}
