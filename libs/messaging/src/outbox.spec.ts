import fc from 'fast-check';
import { lineOf, recordsIn } from './outbox.js';

describe('an outbox row', () => {
  it('gives back every event as it was written, whatever its subject and text contain', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\tb', 'a\nb', '\u2028', '"', '\\'));
    fc.assert(
      fc.property(fc.array(fc.record({ subject: text, text }), { minLength: 1, maxLength: 5 }), (events) => {
        const written = events.map(({ subject, text: words }) => ({ subject, value: JSON.stringify({ data: { words } }) }));
        const lines = written.map(({ subject, value }) => lineOf('TicketReceived', subject, value)).join('\n');
        expect(recordsIn(lines)).toEqual(
          written.map(({ subject, value }) => ({ topic: 'signalbox.intake', subject, type: 'TicketReceived', value })),
        );
      }),
    );
  });
});
