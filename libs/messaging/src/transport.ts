import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { allTopics, ConfigTopic, eventOfType, type Draft, type Received, type Topic } from '@signalbox/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import type { DataSource } from 'typeorm';
import type { Delivery, EventHandler } from './delivery.js';
import { Publisher, Reader, type KafkaOptions } from './kafka.js';
import { ONE_CALL } from './on.js';
import { OutboxRelay } from './relay.js';
import { UnitOfWork, type UnitOptions } from './unit-of-work.js';

export interface MessagingOptions {
  /** The service's name: its consumer group, its part in `source`, the only writer of its topics. */
  readonly service: string;
  readonly kafka: KafkaOptions;
  readonly onFatal: (error: Error) => void;
  readonly clockOffsetMs?: number | undefined;
  readonly gather?: UnitOptions['gather'];
  readonly failPoint?: UnitOptions['failPoint'];
}

/** Kafka ⇄ handlers: Nest finds the `@On` methods; this reads their topics, runs units of work, and relays the outbox. */
export class KafkaTransport extends Server implements CustomTransportStrategy {
  readonly #handlers = new Map<string, EventHandler>();
  readonly #calls = new Map<symbol, EventHandler>();
  readonly #topics = new Map<string, Topic>();
  readonly #publisher: Publisher;
  readonly relay: OutboxRelay;
  readonly unit: UnitOfWork;
  #reader: Reader | undefined;

  constructor(
    private readonly options: MessagingOptions,
    database: DataSource,
  ) {
    super();
    this.#publisher = new Publisher({ ...options.kafka, clientId: `${options.service}-relay` });
    const compactedTopics = new Set(
      allTopics()
        .filter((topic) => topic.compacted)
        .map((topic) => topic.name as string),
    );
    this.relay = new OutboxRelay(database, this.#publisher.publish, new Logger('Relay'), {
      compactedTopics,
      ...(options.failPoint ? { pointOfNoReturn: options.failPoint } : {}),
    });
    this.unit = new UnitOfWork(database, {
      reader: options.service,
      topics: this.#topics,
      handlers: this.#handlers,
      gather: options.gather,
      clockOffsetMs: options.clockOffsetMs,
      failPoint: options.failPoint,
      committed: (rows) => this.relay.wake(rows),
    });
  }

  get ready(): boolean {
    return this.#reader?.ready ?? false;
  }

  listen(callback: (error?: unknown) => void): void {
    try {
      this.#start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Waits for no broker: one that goes while a service starts is away like at any other time. */
  #start(): void {
    for (const [type, handler] of this.messageHandlers) this.#register(type, handler);
    this.relay.start();
    const readsConfiguration = this.options.service !== ConfigTopic.writer;
    if (readsConfiguration) this.#topics.set(ConfigTopic.name, ConfigTopic);
    if (this.#topics.size === 0) return;
    this.#reader = new Reader({
      ...this.options.kafka,
      clientId: this.options.service,
      group: `signalbox.${this.options.service}`,
      topics: [...this.#topics.keys()],
      first: readsConfiguration ? ConfigTopic.name : undefined,
      deliver: (records) => this.unit.deliver(records),
      wants: (name, type) => this.#wants(name, type),
      onFatal: this.options.onFatal,
      failPoint: this.options.failPoint,
    });
    this.#reader.start();
  }

  /** On our own topics a type without a handler is somebody else's business; what upstream systems send is never ignored. */
  #wants(name: string, type: string | undefined): boolean {
    const topic = this.#topics.get(name)!;
    return type === undefined || topic.writer === 'upstream' || this.unit.handlerOf(type) !== undefined;
  }

  #register(type: string, handler: MessageHandler): void {
    const declaration = eventOfType(type);
    if (!declaration) throw new Error(`@On('${type}'): no such event in libs/contracts`);
    if (declaration.topic.writer === this.options.service)
      throw new Error(`'${this.options.service}' may not read its own topic '${declaration.topic.name}'`);
    if (handler.next) throw new Error(`two handlers for ${type}; one service handles an event in one place`);
    this.#topics.set(declaration.topic.name, declaration.topic);
    const call = (handler.extras as Record<string, symbol> | undefined)?.[ONE_CALL] ?? Symbol(type);
    let eventHandler = this.#calls.get(call);
    if (!eventHandler) {
      eventHandler = async (events: readonly Received<Draft>[], delivery: Delivery) => {
        const result: unknown = await handler(events, delivery);
        return (isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result) as readonly Draft[] | void;
      };
      this.#calls.set(call, eventHandler);
    }
    this.#handlers.set(type, eventHandler);
  }

  /** Drains: no new records, the running unit ends, its offsets are committed, its events are out. */
  async close(): Promise<void> {
    await this.#reader?.stop();
    this.unit.stop();
    await this.unit.whenIdle();
    await this.relay.stop();
    await this.#publisher.disconnect();
  }

  on(): never {
    throw new Error('KafkaTransport has no events of its own; see /metrics');
  }
  unwrap<T>(): T {
    return this as unknown as T;
  }
}
