import { createRequire } from 'node:module';

interface RequestQueue {
  throttledUntil: number;
  pending: unknown[];
}

/**
 * kafkajs 2.2.4 looks for throttled requests every millisecond on every connection, for ever (tulios/kafkajs#1751): about 1 % of a
 * core per service at rest. Nothing is throttled and nothing waits then, so the timer is not needed; a new request sets it again.
 */
const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
  prototype: RequestQueue & { scheduleCheckPendingRequests(): void };
};
const schedule = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function scheduleOnlyWhenNeeded(this: typeof prototype): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
