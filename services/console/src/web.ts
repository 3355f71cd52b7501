import type { NestExpressApplication } from '@nestjs/platform-express';
import { json, static as staticFiles, type NextFunction, type Request, type Response } from 'express';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';

const BODY_BYTES_MAX = 256 * 1024;
const CONFIGURATION_BYTES_MAX = 5 * 1024 * 1024;
/** Paths that are no page, whatever their reader accepts. */
const NO_PAGE = /^\/(api|healthz|readyz|metrics|operator)(\/|$)/;

/** Everything comes from here, and nothing inline: a script that slipped into a message stays text. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
};

/** Headers, limits, and the page, if it was built. */
export function prepareWeb(app: NestExpressApplication, webDir: string): void {
  // The front door or an ingress stands before us, on this machine or in the same private network.
  app.set('trust proxy', 'loopback, linklocal, uniquelocal');
  // Not by a false `Date`: browsers reckon from it when a session's cookie ends.
  const offsetMs = app.get<ConsoleEnvironment>(ENVIRONMENT).SIGNALBOX_CLOCK_OFFSET_MS;
  const headers = offsetMs === 0 ? HEADERS : { ...HEADERS, 'X-Signalbox-Clock-Offset': String(offsetMs) };
  app.use((request: Request, response: Response, next: NextFunction) => {
    response.set(headers);
    if (request.secure) response.set('Strict-Transport-Security', 'max-age=31536000');
    if (NO_PAGE.test(request.path)) response.set('Cache-Control', 'no-store');
    next();
  });
  app.use('/api/v1/configuration', json({ limit: CONFIGURATION_BYTES_MAX }));
  app.use(json({ limit: BODY_BYTES_MAX }));
  const page = join(webDir, 'index.html');
  if (!existsSync(page)) return;
  app.use('/assets', staticFiles(join(webDir, 'assets'), { immutable: true, maxAge: '365d', fallthrough: false }));
  app.use(staticFiles(webDir, { index: 'index.html', cacheControl: false }));
  app.use((request: Request, response: Response, next: NextFunction) => {
    const wantsPage = request.method === 'GET' && !NO_PAGE.test(request.path) && request.accepts(['json', 'html']) === 'html';
    if (wantsPage) response.sendFile(page);
    else next();
  });
}
