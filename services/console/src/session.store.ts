import { Injectable } from '@nestjs/common';
import type { CommandHandler } from '@signalbox/messaging';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';

const LINK_MS = 10 * 60_000;
const SESSION_MS = 12 * 3_600_000;
const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex');

export interface NewLink {
  readonly code: string;
  readonly expiresAt: Date;
}
export interface NewSession {
  readonly sessionId: string;
  readonly agentId: string;
  readonly expiresAt: Date;
}

/**
 * Sign-in links and the sessions they open. A link's code is known to its reader alone: only its hash is kept.
 * They end by the real clock, as tokens do, also when a rehearsal has moved the domain's.
 */
@Injectable()
export class SessionStore {
  constructor(private readonly database: DataSource) {}

  readonly makeLink: CommandHandler<{ agentId: string; madeBy: string }, NewLink> = async (commands, { tx }) => {
    const expiresAt = new Date(Date.now() + LINK_MS);
    const links = commands.map(() => ({ code: randomBytes(32).toString('base64url'), expiresAt }));
    await tx.query(
      `insert into sign_in_link (code_hash, agent_id, made_by, expires_at) select h, a, m, $4 from unnest($1::text[], $2::text[], $3::text[]) as x(h, a, m)`,
      [links.map((link) => hashOf(link.code)), commands.map((one) => one.agentId), commands.map((one) => one.madeBy), expiresAt],
    );
    return links.map((answer) => ({ events: [], answer }));
  };

  /** Uses a link up. Of two who try the same at once, the row lock lets one through. */
  readonly open: CommandHandler<{ code: string }, NewSession | undefined> = async (commands, { tx }) => {
    const now = new Date();
    const outcomes = [];
    for (const { code } of commands) {
      const used = (await tx.query(
        `with used as (update sign_in_link set used_at = $2 where code_hash = $1 and used_at is null and expires_at > $2 returning agent_id)
         insert into session (session_id, agent_id, expires_at) select $3, agent_id, $4 from used returning session_id, agent_id, expires_at`,
        [hashOf(code), now, randomUUID(), new Date(now.getTime() + SESSION_MS)],
      )) as { session_id: string; agent_id: string; expires_at: Date }[];
      const [row] = used;
      outcomes.push({
        events: [],
        answer: row && { sessionId: row.session_id, agentId: row.agent_id, expiresAt: row.expires_at },
      });
    }
    return outcomes;
  };

  async end(sessionId: string): Promise<void> {
    await this.database.query('update session set ended_at = clock_timestamp() where session_id = $1 and ended_at is null', [sessionId]);
  }

  /** Those of the sessions that nobody has ended. */
  async living(sessionIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = (await this.database.query('select session_id from session where session_id = any($1) and ended_at is null', [
      sessionIds,
    ])) as { session_id: string }[];
    return new Set(rows.map((row) => row.session_id));
  }
}
