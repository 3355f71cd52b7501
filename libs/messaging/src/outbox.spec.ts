import fc from 'fast-check';
import { lineOf, recordsIn } from './outbox.js';

describe('an outbox row', () => {
  it('gives back every event complete and in its order, whatever its subject and text contain', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\tb', 'a\nb', '\u2028', '"', '\\'));
    const event = fc.record({ subject: text, text, id: fc.option(text.filter((id) => id !== '')), version: fc.integer({ min: 1 }) });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), (events) => {
        const lines = events.map(({ subject, text: words, id, version }) =>
          lineOf({ type: 'TicketReceived', subject, id, body: JSON.stringify({ data: { words } }) }, version),
        );
        const read = recordsIn(lines.join('\n'), {});
        expect(read.map(({ value, ...rest }) => ({ ...rest, ...(JSON.parse(value) as object) }))).toEqual(
          events.map(({ subject, text: words, id, version }) => ({
            topic: 'signalbox.intake',
            subject,
            version,
            type: 'TicketReceived',
            id: id ?? `signalbox.intake/${subject}/${version}`,
            subjectversion: version,
            data: { words },
          })),
        );
      }),
    );
  });

  it("goes on from its subjects' versions", () => {
    const lines = [1, 2].map((nth) => lineOf({ type: 'TicketReceived', subject: 't', id: null, body: '{"a":1}' }, nth)).join('\n');
    expect(
      recordsIn(lines, { 'signalbox.intake t': 6 }).map(({ value }) => (JSON.parse(value) as { subjectversion: number }).subjectversion),
    ).toEqual([7, 8]);
  });
});
