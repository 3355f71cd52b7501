import fc from 'fast-check';
import { isParticularCase, needsPerson } from './person-first.js';

describe('needsPerson', () => {
  it.each([
    'Can I speak to someone about this?',
    'I want a HUMAN, not a bot.',
    'Please   call me tomorrow',
    'Ich möchte mit einem Menschen sprechen',
    'Bitte um Rückruf.',
    'RUECKRUF',
    'Ich beschwere mich über Ihren Service',
    'I am writing to complain',
    'My lawyer will write to you',
    'Der Akku ist aufgebläht und raucht',
    'The battery caught fire',
    'Mein Rad wurde gestohlen',
  ])('is true for: %s', (text) => expect(needsPerson(text)).toBe(true));

  it.each([
    'Which brand is the motor?',
    'Does the Explorer fit?',
    'The bike does not talk to the app',
    'How do I reset my password?',
    'Gute Erfahrungen mit dem Rad',
    'Wo ist mein Paket?',
    'Wo ist der Botanikführer?',
  ])('is false for: %s', (text) => expect(needsPerson(text)).toBe(false));
});

describe('isParticularCase', () => {
  it.each([
    ['It still does not work', true],
    ['Das stimmt nicht, bitte ändern Sie die Adresse', true],
    ['How do I change a password?', false],
    ['Wie lade ich die Rechnung herunter?', false],
  ])('of "%s" is %s', (text, expected) => expect(isParticularCase(text)).toBe(expected));

  it('answers for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect([typeof needsPerson(text), typeof isParticularCase(text)]).toEqual(['boolean', 'boolean']);
      }),
    );
  });
});
