import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { KafkaTransport, type MessagingOptions } from './transport.js';
import { UnitOfWork } from './unit-of-work.js';

@Module({})
export class MessagingModule {
  static forService(options: MessagingOptions): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      providers: [
        { provide: KafkaTransport, inject: [DataSource], useFactory: (database: DataSource) => new KafkaTransport(options, database) },
        { provide: UnitOfWork, inject: [KafkaTransport], useFactory: (transport: KafkaTransport) => transport.unit },
      ],
      exports: [KafkaTransport, UnitOfWork],
    };
  }
}
