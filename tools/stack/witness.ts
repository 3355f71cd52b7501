import { allTopics, deadLettersOf, InboundTopic, ServiceName, subjectOf, type Draft } from '@signalbox/contracts';
import { headerText, readEvent, tailTopics, type RawRecord } from '@signalbox/messaging';

/** Where on the topics something can be checked. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}
export interface WitnessedEvent extends Place {
  readonly type: string;
  readonly ticketId: string;
  readonly at: Date;
  readonly data: Record<string, unknown>;
}
export interface WitnessedDeadLetter extends Place {
  readonly reason: string;
  readonly original: { readonly topic: string; readonly offset: string };
}

/** An independent consumer of all topics: what it says happened has been read from them, by nobody's word. */
export class Witness {
  readonly events: WitnessedEvent[] = [];
  readonly deadLetters: WitnessedDeadLetter[] = [];
  readonly #seen = new Set<string>();
  #stop: (() => Promise<void>) | undefined;

  readonly #onEvent: (event: WitnessedEvent) => void;

  constructor(onEvent: (event: WitnessedEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  async start(kafkaBrokers: readonly string[]): Promise<void> {
    const topics = [...allTopics().filter((topic) => topic !== InboundTopic), ...ServiceName.options.map(deadLettersOf)].map(
      (topic) => topic.name,
    );
    this.#stop = await tailTopics({
      brokers: kafkaBrokers,
      clientId: 'witness',
      topics,
      fromBeginning: true,
      bytesMin: 1_000_000,
      onRecord: (record) => this.#onRecord(record),
    });
  }
  async stop(): Promise<void> {
    await this.#stop?.();
  }

  #onRecord(record: RawRecord): void {
    const place = { topic: record.topic, partition: record.partition, offset: record.offset.toString() };
    if (record.topic.endsWith('.dead-letters')) {
      const original = { topic: headerText(record, 'signalbox-topic') ?? '', offset: headerText(record, 'signalbox-offset') ?? '' };
      this.deadLetters.push({ ...place, reason: headerText(record, 'signalbox-reason') ?? '', original });
      return;
    }
    const topic = allTopics().find((one) => one.name === record.topic)!;
    let event;
    try {
      event = readEvent(record, topic);
    } catch {
      return; // Its reader makes a dead letter of it, which is seen above.
    }
    // Published twice is one event: the id says so.
    if (this.#seen.has(event.id)) return;
    this.#seen.add(event.id);
    if (!('ticketId' in event)) return;
    const witnessed = {
      ...place,
      type: event.type,
      ticketId: subjectOf(event as Draft),
      at: event.at,
      data: event.data as Record<string, unknown>,
    };
    this.events.push(witnessed);
    this.#onEvent(witnessed);
  }

  of(ticketId: string): WitnessedEvent[] {
    return this.events.filter((event) => event.ticketId === ticketId);
  }
}
