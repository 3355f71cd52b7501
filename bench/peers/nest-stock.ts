import 'reflect-metadata';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientKafka, ClientsModule, EventPattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';

/** The same pass-through as Nest's own Kafka transport does it: one message at a time, one send each. */
const [brokers, group, input, output] = process.argv.slice(2) as [string, string, string, string];
const client = { clientId: group, brokers: brokers.split(','), logLevel: 1 };

class PassThrough {
  readonly #out: ClientKafka;

  constructor(out: ClientKafka) {
    this.#out = out;
  }
  async onMessage(event: object): Promise<void> {
    await lastValueFrom(this.#out.emit(output, { value: JSON.stringify(event) }), { defaultValue: undefined });
  }
}
Inject('OUT')(PassThrough, undefined, 0);
Payload()(PassThrough.prototype, 'onMessage', 0);
(EventPattern(input) as MethodDecorator)(
  PassThrough.prototype,
  'onMessage',
  Object.getOwnPropertyDescriptor(PassThrough.prototype, 'onMessage')!,
);
Controller()(PassThrough);
class App {}
Module({
  imports: [
    ClientsModule.register([
      {
        name: 'OUT',
        transport: Transport.KAFKA,
        options: { client: { ...client, clientId: `${group}-out` }, producer: { allowAutoTopicCreation: false }, producerOnlyMode: true },
      },
    ]),
  ],
  controllers: [PassThrough],
})(App);

const app = await NestFactory.createMicroservice<MicroserviceOptions>(App, {
  transport: Transport.KAFKA,
  logger: ['error'],
  options: { client, consumer: { groupId: group, allowAutoTopicCreation: false }, subscribe: { fromBeginning: true } },
});
await app.listen();
process.stdin.on('end', () => process.exit(0)).resume();
