import {
  Body,
  ConflictException,
  Controller,
  Delete,
  HttpCode,
  HttpException,
  Ip,
  NotFoundException,
  Post,
  Req,
  Res,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { AgentId } from '@signalbox/contracts';
import { UnitOfWork } from '@signalbox/messaging';
import type { Request, Response } from 'express';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { Allow, AuthGuard, By, SESSION_COOKIE } from './auth.guard.js';
import { readBody } from './body.js';
import { ConfigurationStore } from './configuration.store.js';
import type { Caller } from './domain/visibility.js';
import { SessionStore } from './session.store.js';
import { Tokens } from './tokens.js';

const LinkBody = z.strictObject({ agentId: AgentId });
const SessionBody = z.strictObject({ code: z.string().min(1).max(200) });
/** Wrong codes per address and minute; right ones do not count. */
const FAILURES_MAX = 10;
const FAILURE_WINDOW_MS = 60_000;
const ADDRESSES_MAX = 10_000;

@Controller('api/v1')
export class SessionsController {
  readonly #failures = new Map<string, { count: number; since: number }>();

  constructor(
    private readonly unit: UnitOfWork,
    private readonly tokens: Tokens,
    private readonly sessions: SessionStore,
    private readonly configuration: ConfigurationStore,
    private readonly database: DataSource,
  ) {}

  @Post('sign-in-links')
  @UseGuards(AuthGuard)
  @Allow('admin')
  async link(@Body() body: unknown, @By() caller: Caller): Promise<{ code: string; url: string; expiresAt: Date }> {
    const { agentId } = readBody(LinkBody, body);
    if (!this.tokens.issuesOwn) throw new ConflictException('this console issues no tokens of its own: AUTH_JWT_SECRET is not set');
    const { nameOf } = await this.configuration.active(this.database.manager);
    if (nameOf(agentId) === undefined) throw new NotFoundException(`agent '${agentId}' is not configured`);
    const { code, expiresAt } = await this.unit.submit(this.sessions.makeLink, { agentId, madeBy: caller.agentId });
    return { code, url: `/?code=${code}`, expiresAt };
  }

  @Post('sessions')
  @HttpCode(200)
  async open(@Body() body: unknown, @Ip() ip: string, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    this.#refuseGuessers(ip);
    const { code } = readBody(SessionBody, body);
    const { snapshot } = await this.configuration.active(this.database.manager);
    const session = this.tokens.issuesOwn ? await this.unit.submit(this.sessions.open, { code }) : undefined;
    const agent = session && snapshot.find('agent', session.agentId);
    if (!session || !agent) {
      this.#countFailure(ip);
      throw new UnauthorizedException('the sign-in link is not valid: it was used, or is older than ten minutes; ask for a new one');
    }
    const token = await this.tokens.issue({ ...session, role: agent.role });
    response.cookie(SESSION_COOKIE, token, {
      httpOnly: true,
      sameSite: 'strict',
      secure: request.secure,
      path: '/',
      expires: session.expiresAt,
    });
    return { token, agentId: session.agentId, name: agent.name, role: agent.role, expiresAt: session.expiresAt };
  }

  @Delete('sessions')
  @UseGuards(AuthGuard)
  @HttpCode(204)
  async end(@By() caller: Caller, @Res({ passthrough: true }) response: Response): Promise<void> {
    if (caller.sessionId !== undefined) await this.sessions.end(caller.sessionId);
    response.clearCookie(SESSION_COOKIE, { path: '/' });
  }

  #refuseGuessers(ip: string): void {
    const failures = this.#failures.get(ip);
    if (!failures || Date.now() - failures.since > FAILURE_WINDOW_MS) this.#failures.delete(ip);
    else if (failures.count >= FAILURES_MAX) {
      throw new HttpException({ error: 'Too Many Requests', message: `more than ${FAILURES_MAX} wrong codes; wait a minute` }, 429);
    }
  }

  #countFailure(ip: string): void {
    const failures = this.#failures.get(ip) ?? { count: 0, since: Date.now() };
    failures.count += 1;
    this.#failures.set(ip, failures);
    if (this.#failures.size > ADDRESSES_MAX) this.#failures.delete(this.#failures.keys().next().value!);
  }
}
