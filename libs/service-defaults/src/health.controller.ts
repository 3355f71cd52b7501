import { Controller, Get, Header, Inject, ServiceUnavailableException } from '@nestjs/common';
import { KafkaTransport } from '@signalbox/messaging';
import { DataSource } from 'typeorm';
import { Metrics } from './metrics.js';

@Controller()
export class HealthController {
  constructor(
    @Inject(KafkaTransport) private readonly transport: KafkaTransport,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(Metrics) private readonly metrics: Metrics,
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
    if (!row || !this.transport.ready) {
      throw new ServiceUnavailableException({ message: 'not ready', database: row !== undefined, kafka: this.transport.ready });
    }
    return { status: 'ready', bundle: row.bundle };
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  render(): Promise<string> {
    return this.metrics.render();
  }
}
