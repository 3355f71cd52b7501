import { Catch, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { EventDescription } from '@signalbox/contracts';
import { throwError, type Observable } from 'rxjs';

/** Nest would replace the handler's error by "Internal server error"; the unit of work must see what really happened. */
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** Marks a method as the handler of an event: `(events, { tx, now, config }) => events`. */
export function On(event: EventDescription): MethodDecorator {
  return (target, name, descriptor) => {
    Payload()(target, name, 0);
    Ctx()(target, name, 1);
    (EventPattern(event.type) as MethodDecorator)(target, name, descriptor);
    UseFilters(RethrowFilter)(target, name, descriptor);
  };
}
