import { Controller, Get, Header, Inject, ServiceUnavailableException } from '@nestjs/common';
import { KafkaTransport } from '@signalbox/messaging';
import { DataSource } from 'typeorm';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

@Controller()
export class HealthController {
  constructor(
    @Inject(KafkaTransport) private readonly transport: KafkaTransport,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /** The process turns. */
  @Get('healthz')
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** It reads its topics and its database answers; with the bundle of configuration it works by. */
  @Get('readyz')
  async readyz(): Promise<{ status: 'ready'; bundle: number }> {
    const [row] = await this.database.query<{ bundle: number }[]>('select bundle from messaging.active_bundle').catch(() => []);
    const waitsFor = [
      ...(row ? [] : ['the database']),
      ...(this.transport.ready ? [] : ['its topics']),
      ...this.readiness.unmet(row?.bundle ?? 0),
    ];
    if (!row || waitsFor.length > 0) throw new ServiceUnavailableException({ message: `waits for ${waitsFor.join(', ')}` });
    return { status: 'ready', bundle: row.bundle };
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  render(): Promise<string> {
    return this.metrics.render();
  }
}
