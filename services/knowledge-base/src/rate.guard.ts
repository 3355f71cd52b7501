import { HttpException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RateLimiter } from './domain/rate-limit.js';

/** These doors are public by nature, therefore limited per address. */
@Injectable()
export class RateGuard implements CanActivate {
  constructor(@Inject(RateLimiter) private readonly limiter: RateLimiter) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const waitMs = this.limiter.take(http.getRequest<Request>().ip ?? 'unknown', Date.now());
    if (waitMs === 0) return true;
    const seconds = Math.ceil(waitMs / 1000);
    http.getResponse<Response>().setHeader('Retry-After', String(seconds));
    throw new HttpException({ error: 'Too Many Requests', message: `too many requests from your address; try again in ${seconds} s` }, 429);
  }
}
