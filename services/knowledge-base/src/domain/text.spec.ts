import fc from 'fast-check';
import { READ_LENGTH_MAX, sentencesOf, termsOf } from './text.js';

describe('terms', () => {
  it.each([
    ['Rücksendungen zurücksetzen', 'RUECKSENDUNG zuruecksetzen'],
    ['Rechnungen', 'Rechnung'],
    ['Wie setze ich mein Passwort zurück?', 'Passwort zurücksetzen'],
    ["can't reset passwords", 'Resetting the password'],
    ['Grüße, vielen Dank', 'please'],
  ])('are the same for %s and %s', (one, other) => {
    expect(new Set(termsOf(one))).toEqual(new Set(termsOf(other)));
  });
});

describe('sentences', () => {
  it('keep a single word with its neighbour', () => {
    expect(sentencesOf("I've moved. Please change the address of my order. Phone.")).toEqual([
      "I've moved. Please change the address of my order. Phone.",
    ]);
    expect(sentencesOf('Where is my parcel?')).toEqual(['Where is my parcel?']);
  });
  it('never throw and never hold more than is read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2 * READ_LENGTH_MAX }), (text) => {
        expect(sentencesOf(text).join('').length).toBeLessThanOrEqual(READ_LENGTH_MAX);
      }),
      { numRuns: 50 },
    );
  });
});
