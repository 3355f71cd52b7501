import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from './schedule.ts';
import type { FaultySystem } from './system.ts';

/** A service drains for 20 s at most before its supervisor kills it. */
const DRAIN_MS_MAX = 30_000;
/** A busy machine needs half of it to bring the service back. */
const FAIL_POINT_MS_MAX = 90_000;

/** One killing, for the report. */
export interface Killing {
  readonly what: string;
  readonly where: string;
  /** Seconds since the first ticket. */
  readonly atSeconds: number;
  readonly ticketsSent: number;
  /** False when the service never came by its fail point: nothing was tested then. */
  readonly happened: boolean;
}

/** Kills as one step says. What is killed is running again, or being started, when this returns. */
export async function kill(system: FaultySystem, step: Step): Promise<{ what: string; where: string; happened: boolean }> {
  switch (step.kind) {
    case 'random': {
      await sleep(step.afterMs);
      const death = system.nextDeath(step.service, DRAIN_MS_MAX);
      system.kill(step.service, 'SIGKILL');
      return { what: step.service, where: 'at random', happened: (await death)?.how === 'SIGKILL' };
    }
    case 'fail-point': {
      const where = `${step.point}, time ${step.nth}`;
      system.arm(step.service, `${step.point}:${step.nth}`);
      // It leaves in peace and comes back armed.
      const gone = system.nextDeath(step.service, DRAIN_MS_MAX);
      system.kill(step.service, 'SIGTERM');
      const left = await gone;
      // It was just being started after the step before, and came up armed at once: then this was the death it was armed for.
      const death = left?.how === 'SIGKILL' ? left : await system.nextDeath(step.service, FAIL_POINT_MS_MAX);
      if (death?.how === 'SIGKILL') return { what: step.service, where, happened: true };
      system.disarm(step.service);
      system.kill(step.service, 'SIGTERM');
      return { what: step.service, where: `${where} (${death?.how ?? 'never came by'})`, happened: false };
    }
    case 'infrastructure': {
      await sleep(step.afterMs);
      const happened = await system.killInfrastructure(step.part);
      await sleep(step.downMs);
      await system.infrastructure.revive(step.part);
      return { what: step.part === 'kafka' ? 'broker' : 'database', where: `at random, away for ${step.downMs} ms`, happened };
    }
  }
}
