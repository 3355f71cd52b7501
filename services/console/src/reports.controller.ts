import { BadRequestException, Get, Inject, Query } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { Allow, Api } from './auth.guard.js';
import { readBody } from './body.js';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';
import { ConfigurationStore, type ActiveConfiguration } from './configuration.store.js';
import { figuresOf, serviceLevelsOf } from './domain/sla-report.js';
import { SlaResultStore, type Grouping } from './sla-result.store.js';

const DAY_MS = 86_400_000;
const WINDOW_DAYS = { usual: 7, max: 92 };
const WITHIN_MINUTES_MAX = 60 * 24 * 31;
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const Wanted = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  by: z.enum(['queue', 'agent', 'tier', 'category']).default('queue'),
  withinMinutes: z.coerce.number().int().min(1).max(WITHIN_MINUTES_MAX).default(60),
});

/** What was promised and kept, for who answers for it. The formulas: docs/sla.md, "Reports". */
@Api('reports')
export class ReportsController {
  constructor(
    @Inject(ENVIRONMENT) private readonly environment: ConsoleEnvironment,
    private readonly results: SlaResultStore,
    private readonly configuration: ConfigurationStore,
    private readonly database: DataSource,
  ) {}

  @Get('sla')
  @Allow('supervisor', 'admin')
  async sla(@Query() given: Record<string, unknown>) {
    const { by, withinMinutes, ...wanted } = readBody(Wanted, given);
    const to = wanted.to ?? new Date(Date.now() + this.environment.SIGNALBOX_CLOCK_OFFSET_MS);
    const from = wanted.from ?? new Date(to.getTime() - WINDOW_DAYS.usual * DAY_MS);
    const days = (to.getTime() - from.getTime()) / DAY_MS;
    if (days <= 0) throw new BadRequestException(`from '${from.toISOString()}' is not before to '${to.toISOString()}'`);
    if (days > WINDOW_DAYS.max)
      throw new BadRequestException(
        `from '${from.toISOString()}' is ${Math.ceil(days)} days before to; at most ${WINDOW_DAYS.max} are allowed`,
      );
    const [{ groups, leftOut }, replies, configuration] = await Promise.all([
      this.results.results(by, { from, to }),
      this.results.replies({ from, to }, withinMinutes),
      this.configuration.active(this.database.manager),
    ]);
    return {
      from,
      to,
      by,
      withinMinutes,
      groups: groups.map((group) => ({ title: titleOf(by, group.key, configuration), ...figuresOf(group) })),
      /** Groups beyond the largest ones. */
      leftOut,
      serviceLevels: replies.map((counted) => ({ title: titleOf('queue', counted.queueId, configuration), ...serviceLevelsOf(counted) })),
    };
  }
}

const NONE: Readonly<Record<Grouping, string>> = { queue: 'no queue', agent: 'nobody', tier: 'no tier', category: 'no category' };
function titleOf(by: Grouping, key: string | null, { snapshot, nameOf }: ActiveConfiguration): string {
  if (key === null) return NONE[by];
  if (by === 'agent') return nameOf(key) ?? key;
  if (by === 'tier') return key;
  return snapshot.find(by, key)?.title ?? key;
}
