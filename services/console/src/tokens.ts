import { Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import { AgentRole } from '@signalbox/contracts';
import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';
import type { Caller } from './domain/visibility.js';

const Claims = z.object({
  sub: z.string().min(1).max(80),
  role: AgentRole,
  exp: z.number(),
  sid: z.string().max(80).optional(),
});
/** A page asks many times a minute with the same token; a key the provider withdraws is believed no longer than this. */
const VERIFIED_MS = 60_000;
const VERIFIED_MAX = 20_000;
/** Only signatures whose key nobody but the issuer has. */
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const ISSUER = 'signalbox';

/** Verifies tokens of the OpenID provider and of this console, and issues the latter. */
@Injectable()
export class Tokens {
  readonly #secret: Uint8Array | undefined;
  readonly #keys: JWTVerifyGetKey | undefined;
  readonly #verified = new Map<string, { readonly caller: Caller; readonly until: number }>();

  constructor(@Inject(ENVIRONMENT) private readonly environment: ConsoleEnvironment) {
    const { AUTH_JWT_SECRET, AUTH_JWKS_URL } = environment;
    this.#secret = AUTH_JWT_SECRET === undefined ? undefined : new TextEncoder().encode(AUTH_JWT_SECRET);
    this.#keys = AUTH_JWKS_URL === undefined ? undefined : createRemoteJWKSet(new URL(AUTH_JWKS_URL), { timeoutDuration: 3_000 });
  }

  get issuesOwn(): boolean {
    return this.#secret !== undefined;
  }

  /** @throws UnauthorizedException saying what is wrong with the token; never what would be right. */
  async verify(token: string): Promise<Caller> {
    const known = this.#verified.get(token);
    if (known && known.until > Date.now()) return known.caller;
    const caller = await this.#verify(token);
    if (this.#verified.size >= VERIFIED_MAX) this.#verified.clear();
    this.#verified.set(token, { caller, until: Math.min(caller.expiresAt.getTime(), Date.now() + VERIFIED_MS) });
    return caller;
  }

  async #verify(token: string): Promise<Caller> {
    const payload = await this.#payloadOf(token).catch((error: unknown) => {
      if (error instanceof errors.JWKSTimeout) throw error;
      const expired = error instanceof errors.JWTExpired;
      throw new UnauthorizedException(expired ? 'the token has expired; sign in again' : 'the token is not valid');
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) {
      const [issue] = claims.error.issues;
      throw new UnauthorizedException(`the token's claim '${issue!.path.join('.')}' is wrong: ${issue!.message}`);
    }
    const { sub: agentId, role, exp, sid: sessionId } = claims.data;
    return { agentId, role, expiresAt: new Date(exp * 1000), sessionId };
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    if (decodeProtectedHeader(token).alg === 'HS256' && this.#secret) {
      return (await jwtVerify(token, this.#secret, { algorithms: ['HS256'] })).payload;
    }
    if (!this.#keys) throw new errors.JOSEAlgNotAllowed('no such key');
    const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = this.environment;
    return (await jwtVerify(token, this.#keys, { algorithms: PUBLIC_KEY_ALGORITHMS, issuer: issuer!, audience: audience! })).payload;
  }

  /** @throws Error without AUTH_JWT_SECRET; ask `issuesOwn` first. */
  async issue(caller: Caller): Promise<string> {
    return new SignJWT({ role: caller.role, sid: caller.sessionId })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setSubject(caller.agentId)
      .setIssuedAt()
      .setExpirationTime(Math.floor(caller.expiresAt.getTime() / 1000))
      .sign(this.#secret!);
  }
}
