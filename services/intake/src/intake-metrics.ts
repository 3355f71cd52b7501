import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '@signalbox/service-defaults';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';

/** Counted in the database when asked: the same for every instance, and after a restart. */
@Injectable()
export class IntakeMetrics {
  constructor(@Inject(Metrics) { registry }: Metrics, @Inject(DataSource) database: DataSource) {
    const rows = (sql: string) => database.query<{ label: string; n: string }[]>(sql).catch(() => []);
    const quarantined = new Gauge({
      name: 'signalbox_intake_quarantined_originals',
      help: 'Originals that became no ticket, under /operator/quarantine',
      labelNames: ['door'],
      registers: [registry],
      collect: async () => {
        const counts = await rows(
          'select door as label, count(*) as n from raw_original where quarantine_reason is not null group by door',
        );
        for (const { label, n } of counts) quarantined.set({ door: label }, Number(n));
      },
    });
    const waiting = new Gauge({
      name: 'signalbox_intake_outgoing_waiting',
      help: 'Messages released and not yet sent; a chat waits for its customer to come back',
      labelNames: ['channel'],
      registers: [registry],
      collect: async () => {
        waiting.reset();
        const counts = await rows(
          `select t.channel as label, count(*) as n from outgoing o join ticket t using (ticket_id) where o.state = 'waiting' group by t.channel`,
        );
        for (const { label, n } of counts) waiting.set({ channel: label }, Number(n));
      },
    });
  }
}
