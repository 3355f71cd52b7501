import type { Decision } from './api.js';
import { Bar } from './bar.js';
import { serverNow } from './clock.js';
import { fullMoment, moment, outcomeName, plural, signalName } from './words.js';

type Scored = Decision['top'][number];

/** Why this ticket came to me: each signal's value × weight, the strongest first. */
export function WhyMe({ decision }: { readonly decision: Decision }) {
  const chosen = decision.top.find((scored) => scored.agentId === decision.agentId);
  if (!chosen) return null;
  return (
    <section aria-labelledby="why-title">
      <h2 id="why-title">Why me</h2>
      <Factors scored={chosen} />
      <RunnerUp decision={decision} chosen={chosen} />
    </section>
  );
}

/** Every decision about a ticket, the newest first, and what came of it. */
export function Decisions({ decisions }: { readonly decisions: readonly Decision[] }) {
  if (decisions.length === 0) return null;
  return (
    <section aria-labelledby="decisions-title">
      <h2 id="decisions-title">Decisions</h2>
      {decisions.toReversed().map((decision, index) => {
        const { proposalId, name, proposedAt, round, step, policy, outcome, excluded, notes } = decision;
        const chosen = decision.top.find((scored) => scored.agentId === decision.agentId);
        return (
          <details key={proposalId} open={index === 0}>
            <summary>
              <b>{name ?? 'unknown proposal'}</b>{' '}
              <span className="quiet">
                {outcome ? `${outcomeName(outcome.type)}${outcome.why === undefined ? '' : ` (${outcome.why})`}` : 'proposed'}
              </span>
            </summary>
            {proposedAt !== null && (
              <p className="quiet small">
                <time dateTime={proposedAt} title={fullMoment(proposedAt)}>
                  {moment(proposedAt, serverNow())}
                </time>
                {`, round ${round}, policy ${policy?.name} v${policy?.version}, step\u00a0${step}${notes.map((note) => `, ${note}`).join('')}`}
              </p>
            )}
            {chosen && <Factors scored={chosen} />}
            {chosen && <RunnerUp decision={decision} chosen={chosen} />}
            {excluded.length > 0 && (
              <p className="why-waiting">
                <span className="quiet">Left out:</span>
                {excluded.map(({ reason, agents }) => (
                  <span key={reason} className="reason">
                    <b>{plural(agents, 'agent')}:</b> {reason}
                  </span>
                ))}
              </p>
            )}
          </details>
        );
      })}
    </section>
  );
}

function Factors({ scored }: { readonly scored: Scored }) {
  const factors = scored.factors.toSorted((a, b) => b.contribution - a.contribution);
  const most = Math.max(...factors.map((factor) => factor.contribution), Number.EPSILON);
  return (
    <table className="factors">
      <thead className="heard-only">
        <tr>
          <th scope="col">Signal</th>
          <th scope="col">Part in the score</th>
          <th scope="col">Value × weight</th>
        </tr>
      </thead>
      <tbody>
        {factors.map(({ signal, value, weight, contribution }) => (
          <tr key={signal}>
            <th scope="row">{signalName(signal)}</th>
            <td>
              <Bar label={`${contribution.toFixed(2)} of the score`} share={contribution / most} />
            </td>
            <td className="product">
              {value.toFixed(2)} × {weight.toFixed(2)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RunnerUp({ decision: { runnerUp }, chosen }: { readonly decision: Decision; readonly chosen: Scored }) {
  return (
    <p className="quiet small">
      Score {chosen.score.toFixed(2)} ·{' '}
      {runnerUp ? `runner-up ${runnerUp.name} ${runnerUp.score.toFixed(2)}` : 'nobody else came into question'}
    </p>
  );
}
