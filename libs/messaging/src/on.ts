import { Catch, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { EventDescription } from '@signalbox/contracts';
import { throwError, type Observable } from 'rxjs';

/** Nest makes a function per event of a handler; those with the same value here are one handler. */
export const ONE_CALL = 'signalbox-one-call';

/** Nest would replace the handler's error by "Internal server error"; the unit of work must see what really happened. */
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks a method as the handler of these events: `(events, { tx, now, config }) => events`. Several events that lead to the same rows
 * belong to one handler: it is called once for all of them, in their order, and loads and saves once.
 */
export function On(...events: readonly [EventDescription, ...EventDescription[]]): MethodDecorator {
  return (target, name, descriptor) => {
    Payload()(target, name, 0);
    Ctx()(target, name, 1);
    const types = events.map((event) => event.type);
    (EventPattern(types, { [ONE_CALL]: Symbol(String(name)) }) as MethodDecorator)(target, name, descriptor);
    UseFilters(RethrowFilter)(target, name, descriptor);
  };
}
