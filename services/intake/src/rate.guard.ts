import { HttpException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { takeToken, type TokenBucket } from './domain/rate-limit.js';

/** Requesters remembered at most; the longest silent ones are forgotten first, and then have a full bucket again. */
const REQUESTERS_MAX = 50_000;

/** Doors that are public by nature are limited per address; all of them take from one bucket. */
@Injectable()
export class RateGuard implements CanActivate {
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(@Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const requester = http.getRequest<Request>().ip ?? 'unknown';
    const taken = takeToken(
      this.#buckets.get(requester),
      { burst: this.environment.REQUESTS_BURST_MAX, perMinute: this.environment.REQUESTS_PER_MINUTE_MAX },
      new Date(),
    );
    this.#buckets.delete(requester);
    this.#buckets.set(requester, taken.bucket);
    if (this.#buckets.size > REQUESTERS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (taken.allowed) return true;
    const seconds = Math.ceil(taken.retryAfterMs / 1000);
    http.getResponse<Response>().setHeader('Retry-After', String(seconds));
    throw new HttpException({ error: 'Too Many Requests', message: `too many requests from your address; try again in ${seconds} s` }, 429);
  }
}
