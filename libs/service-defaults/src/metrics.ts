import { Inject, Injectable } from '@nestjs/common';
import { KafkaTransport, UnitOfWork } from '@signalbox/messaging';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DataSource } from 'typeorm';

/** Prometheus metrics that every service has: what each unit of work did, and what waits. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  constructor(
    @Inject(UnitOfWork) unit: UnitOfWork,
    @Inject(KafkaTransport) transport: KafkaTransport,
    @Inject(DataSource) database: DataSource,
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const handled = new Counter({ name: 'signalbox_records_handled_total', help: 'Records applied', registers });
    const skipped = new Counter({ name: 'signalbox_records_skipped_total', help: 'Records seen before', registers });
    const commands = new Counter({ name: 'signalbox_commands_total', help: 'Commands (HTTP, timers) decided', registers });
    const duration = new Histogram({
      name: 'signalbox_unit_seconds',
      help: 'Duration of units of work',
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
      registers,
    });
    const size = new Histogram({
      name: 'signalbox_unit_items',
      help: 'Records and commands per unit of work',
      buckets: [1, 3, 10, 30, 100, 300, 1000],
      registers,
    });
    unit.onReport((report) => {
      handled.inc(report.records - report.skipped);
      skipped.inc(report.skipped);
      commands.inc(report.commands);
      duration.observe(report.durationMs / 1000);
      size.observe(report.records + report.commands);
    });
    const published = new Gauge({ name: 'signalbox_published_records', help: 'Records this process published since its start', registers });
    const waiting = new Gauge({ name: 'signalbox_outbox_events', help: 'Events committed but not yet published', registers });
    const letters = new Gauge({ name: 'signalbox_dead_letters_open', help: 'Dead letters nobody has replayed or skipped', registers });
    this.#sample = async () => {
      const [row] = await database.query<{ outbox: string; letters: string }[]>(
        `select (select coalesce(sum(events), 0) from messaging.outbox) as outbox, (select count(*) from messaging.dead_letter where state = 'open') as letters`,
      );
      published.set(transport.relay.published);
      waiting.set(Number(row!.outbox));
      letters.set(Number(row!.letters));
    };
  }

  readonly #sample: () => Promise<void>;

  async render(): Promise<string> {
    await this.#sample().catch(() => undefined);
    return this.registry.metrics();
  }
}
