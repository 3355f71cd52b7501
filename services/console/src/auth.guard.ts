import {
  applyDecorators,
  Controller,
  createParamDecorator,
  ForbiddenException,
  Injectable,
  SetMetadata,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AgentRole } from '@signalbox/contracts';
import type { Request } from 'express';
import { DataSource } from 'typeorm';
import { ConfigurationStore } from './configuration.store.js';
import type { Caller } from './domain/visibility.js';
import { SessionStore } from './session.store.js';
import { Tokens } from './tokens.js';

export const SESSION_COOKIE = 'signalbox_session';
const ROLES = 'signalbox:roles';
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

interface Known extends Request {
  caller?: Caller;
}

/** Who asks: a bearer token or the session cookie, verified; with the role that is needed. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: Tokens,
    private readonly sessions: SessionStore,
    private readonly configuration: ConfigurationStore,
    private readonly database: DataSource,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Known>();
    request.caller = await this.identify(request);
    const roles = this.reflector.getAllAndOverride<AgentRole[] | undefined>(ROLES, [context.getHandler(), context.getClass()]);
    if (roles && !roles.includes(request.caller.role)) {
      throw new ForbiddenException(`this needs the role ${roles.join(' or ')}; yours is '${request.caller.role}'`);
    }
    return true;
  }

  /** @throws UnauthorizedException | ForbiddenException (cookie without the header that a foreign page cannot set) */
  async identify(request: Request): Promise<Caller> {
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const cookie = cookieOf(request);
    const token = bearer ?? cookie;
    if (token === undefined) throw new UnauthorizedException('sign in first: a bearer token or a session cookie is needed');
    if (bearer === undefined && !SAFE_METHODS.includes(request.method) && request.headers['x-signalbox'] !== '1') {
      throw new ForbiddenException("requests that change something by cookie need the header 'X-Signalbox: 1'");
    }
    const caller = await this.tokens.verify(token);
    return caller.sessionId === undefined ? caller : this.#ofSession(caller, caller.sessionId);
  }

  /** Our own sessions end when they are ended or their agent is gone, and take the role the agent has now. */
  async #ofSession(caller: Caller, sessionId: string): Promise<Caller> {
    const { snapshot } = await this.configuration.active(this.database.manager);
    const agent = snapshot.find('agent', caller.agentId);
    if (!agent || !(await this.sessions.living([sessionId])).has(sessionId))
      throw new UnauthorizedException('the session has ended; sign in again');
    return { ...caller, role: agent.role };
  }
}

function cookieOf(request: Request): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === SESSION_COOKIE && value) return value;
  }
  return undefined;
}

/** A controller below /api/v1 that nobody enters without a token. */
export const Api = (path: string): ClassDecorator => applyDecorators(Controller(`api/v1/${path}`), UseGuards(AuthGuard));
export const Allow = (...roles: AgentRole[]) => SetMetadata(ROLES, roles);
/** The verified caller. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Known>().caller);
