import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { Unprocessable } from '@signalbox/messaging';
import type { Request, Response } from 'express';

/** HTTP errors as RFC 9457 problem details. What went wrong inside is logged, not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const request = host.switchToHttp().getRequest<Request>();
    if (response.headersSent) {
      response.end();
      return;
    }
    const { status, title, detail, more } = describe(error);
    if (status >= 500) this.#logger.error(`${request.method} ${request.path}: ${(error as Error).stack ?? String(error)}`);
    if (status === 503) response.setHeader('Retry-After', '2');
    response
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title, status, detail, instance: request.path, ...more }));
  }
}

/** Nest wraps what body-parser throws before this filter sees it, and loses the name. */
const TITLES: Record<number, string> = { 400: 'Bad Request', 413: 'Content Too Large', 415: 'Unsupported Media Type' };

function describe(error: unknown): { status: number; title: string; detail: string; more?: object } {
  if (error instanceof Unprocessable) return { status: 422, title: 'Unprocessable Content', detail: error.message };
  if (error instanceof HttpException) {
    const body = error.getResponse();
    const {
      message,
      error: title,
      ...more
    } = typeof body === 'string' ? { message: body, error: undefined } : (body as { message?: unknown; error?: string });
    delete (more as { statusCode?: number }).statusCode;
    const detail = Array.isArray(message) ? message.join('; ') : String(message ?? error.message);
    return {
      status: error.getStatus(),
      title: title ?? TITLES[error.getStatus()] ?? error.name.replace(/Exception$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' '),
      detail,
      more,
    };
  }
  // What body-parser throws (too large, not JSON) carries a status of its own.
  const { status, message, expose } = error as { status?: number; message?: string; expose?: boolean };
  if (typeof status === 'number' && status >= 400 && status < 500 && expose)
    return { status, title: status === 413 ? 'Content Too Large' : 'Bad Request', detail: message ?? '' };
  const away = (error as Error).name === 'DatabaseAway' || /ECONNREFUSED|Connection terminated|timeout/i.test(String(message));
  if (away)
    return { status: 503, title: 'Service Unavailable', detail: 'the service cannot store your request at the moment; send it again' };
  return { status: 500, title: 'Internal Server Error', detail: 'something went wrong on our side; it has been logged' };
}
