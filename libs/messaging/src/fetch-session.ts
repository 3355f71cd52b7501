/** What a reader wants from one broker: of each partition, the offset of the next record. */
export type Wanted = readonly { readonly topic: string; readonly partitions: readonly WantedPartition[] }[];
export interface WantedPartition {
  readonly partition: number;
  readonly fetchOffset: string;
  readonly maxBytes: number;
}
export interface FetchPart {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: Wanted;
  readonly forgottenTopics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

/** Kafka's error codes for a session the broker no longer has, or has at another step. */
const SESSION_ERRORS = new Set([70, 71]);
const EPOCH_MAX = 2 ** 31 - 1;

/**
 * An incremental fetch session with one broker (KIP-227): after the first request only what changed is asked, and only partitions with
 * news are answered. Without it a reader of eight topics sends and receives 96 partitions for each record that arrives.
 */
export class FetchSession {
  #id = 0;
  #epoch = 0;
  #asked = new Map<string, Map<number, string>>();

  /** The request for what is wanted now. Each is followed by `answered` or `reset`. */
  next(wanted: Wanted): FetchPart {
    const before = this.#epoch === 0 ? new Map<string, Map<number, string>>() : this.#asked;
    const asked = new Map<string, Map<number, string>>();
    const topics: { topic: string; partitions: WantedPartition[] }[] = [];
    for (const { topic, partitions } of wanted) {
      const known = before.get(topic);
      asked.set(topic, new Map(partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset])));
      const changed = known ? partitions.filter(({ partition, fetchOffset }) => known.get(partition) !== fetchOffset) : [...partitions];
      if (changed.length > 0) topics.push({ topic, partitions: changed });
    }
    const forgottenTopics = [...before].flatMap(([topic, known]) => {
      const partitions = [...known.keys()].filter((partition) => !asked.get(topic)?.has(partition));
      return partitions.length > 0 ? [{ topic, partitions }] : [];
    });
    this.#asked = asked;
    return { sessionId: this.#id, sessionEpoch: this.#epoch, topics, forgottenTopics };
  }

  /** @returns whether the answer counts; if not, the next request asks for everything */
  answered({ errorCode, sessionId = 0 }: { errorCode: number; sessionId?: number }): boolean {
    if (SESSION_ERRORS.has(errorCode)) {
      this.#id = 0;
      this.#epoch = 0;
      return false;
    }
    // A broker that has no room for sessions answers 0: then every request is whole, and asks for a session again.
    this.#id = sessionId;
    this.#epoch = sessionId === 0 ? 0 : this.#epoch === EPOCH_MAX ? 1 : this.#epoch + 1;
    return true;
  }

  /** After an answer that did not come or could not be read: closes the session and begins another with the next request. */
  reset(): void {
    this.#epoch = 0;
  }
}
