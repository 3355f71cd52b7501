import { FetchSession, type FetchPart, type Wanted } from './fetch-session.js';

/** What a broker remembers of a session, by the rules of KIP-227. */
class BrokerSession {
  readonly #offsets = new Map<string, string>();
  apply({ sessionEpoch, topics, forgottenTopics }: FetchPart): void {
    if (sessionEpoch === 0) this.#offsets.clear();
    for (const { topic, partitions } of topics)
      for (const { partition, fetchOffset } of partitions) this.#offsets.set(`${topic} ${partition}`, fetchOffset);
    for (const { topic, partitions } of forgottenTopics) for (const partition of partitions) this.#offsets.delete(`${topic} ${partition}`);
  }
  get known(): string[] {
    return [...this.#offsets].map(([key, offset]) => `${key}@${offset}`).sort();
  }
}

function wanted(offsets: Record<string, readonly (string | undefined)[]>): Wanted {
  return Object.entries(offsets).map(([topic, ofPartitions]) => ({
    topic,
    partitions: ofPartitions.flatMap((fetchOffset, partition) =>
      fetchOffset === undefined ? [] : [{ partition, fetchOffset, maxBytes: 1_000 }],
    ),
  }));
}
const keysOf = (topics: Wanted): string[] =>
  topics.flatMap(({ topic, partitions }) => partitions.map(({ partition, fetchOffset }) => `${topic} ${partition}@${fetchOffset}`)).sort();

describe('FetchSession', () => {
  it('asks for everything once, then for what changed', () => {
    const session = new FetchSession();
    expect(session.next(wanted({ a: ['1', '1'], b: ['7'] }))).toMatchObject({ sessionId: 0, sessionEpoch: 0, forgottenTopics: [] });
    session.answered({ errorCode: 0, sessionId: 42 });
    const second = session.next(wanted({ a: ['1', '5'], b: ['7'] }));
    expect(second).toMatchObject({ sessionId: 42, sessionEpoch: 1, forgottenTopics: [] });
    expect(keysOf(second.topics)).toEqual(['a 1@5']);
    session.answered({ errorCode: 0, sessionId: 42 });
    expect(session.next(wanted({ a: ['1', '5'] }))).toMatchObject({
      sessionEpoch: 2,
      topics: [],
      forgottenTopics: [{ topic: 'b', partitions: [0] }],
    });
  });

  it.each([70, 71])('begins anew after error %i', (errorCode) => {
    const session = new FetchSession();
    session.next(wanted({ a: ['1'] }));
    session.answered({ errorCode: 0, sessionId: 42 });
    session.next(wanted({ a: ['1'] }));
    expect(session.answered({ errorCode, sessionId: 0 })).toBe(false);
    const again = session.next(wanted({ a: ['1'] }));
    expect(again).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
    expect(keysOf(again.topics)).toEqual(['a 0@1']);
  });

  it('closes its session and asks for everything when an answer did not come', () => {
    const session = new FetchSession();
    session.next(wanted({ a: ['1'] }));
    session.answered({ errorCode: 0, sessionId: 42 });
    session.next(wanted({ a: ['2'] }));
    session.reset();
    const again = session.next(wanted({ a: ['2'] }));
    expect(again).toMatchObject({ sessionId: 42, sessionEpoch: 0, forgottenTopics: [] });
    expect(keysOf(again.topics)).toEqual(['a 0@2']);
  });

  it('asks for everything each time a broker has no room for sessions', () => {
    const session = new FetchSession();
    for (let nth = 0; nth < 3; nth += 1) {
      const part = session.next(wanted({ a: ['1', '1'] }));
      expect(part).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
      expect(keysOf(part.topics)).toHaveLength(2);
      session.answered({ errorCode: 0, sessionId: 0 });
    }
  });

  it('leaves the broker with exactly what is wanted, whatever comes in between', () => {
    const session = new FetchSession();
    const broker = new BrokerSession();
    let seed = 7;
    const below = (bound: number): number => (seed = (seed * 48_271) % 2_147_483_647) % bound;
    for (let round = 0; round < 2_000; round += 1) {
      const offsets = () => Array.from({ length: 3 }, () => (below(4) === 0 ? undefined : String(below(5))));
      const now = wanted(Object.fromEntries(['a', 'b', 'c'].filter(() => below(4) > 0).map((topic) => [topic, offsets()])));
      const part = session.next(now);
      const fate = below(10);
      if (fate === 0) session.reset();
      else if (fate === 1 && part.sessionEpoch > 0) session.answered({ errorCode: 70 + below(2), sessionId: 0 });
      else {
        broker.apply(part);
        expect(broker.known).toEqual(keysOf(now));
        session.answered({ errorCode: 0, sessionId: 42 });
      }
    }
  });
});
