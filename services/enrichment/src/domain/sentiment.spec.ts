import { sentimentOf } from './sentiment.js';
import { foldText, tokensOf } from './text.js';

const fact = (text: string) => sentimentOf(tokensOf(foldText(text)), text);
const sentiment = (text: string) => fact(text).value;

it.each([
  'Thank you so much, your team was fantastic and very helpful!',
  'Vielen Dank, das war wirklich hervorragender Service!',
  'great work 👍',
])('hears that this is glad: %s', (text) => {
  expect(sentiment(text)).toBeGreaterThan(0.4);
});

it.each([
  'This is outrageous, the worst service ever. I am furious!',
  'Das ist eine Frechheit, ich bin extrem enttäuscht!',
  'Unfreundlich, schlampig, nie wieder.',
  'never again 😡',
])('hears that this is angry: %s', (text) => {
  expect(sentiment(text)).toBeLessThan(-0.6);
});

it.each(['My order number is 48213.', 'Meine Bestellnummer ist 48213.', 'The battery is broken.', ''])('hears nothing in: %j', (text) => {
  expect(sentiment(text)).toBe(0);
});

it('turns a judgement around where it is negated', () => {
  expect(sentiment('I am not happy')).toBeLessThan(0);
  expect(sentiment('Ich bin überhaupt nicht zufrieden')).toBeLessThan(0);
  expect(sentiment('not bad')).toBeGreaterThan(0);
  expect(sentiment('kein Problem')).toBeGreaterThan(0);
});

it('weighs intensifiers and exclamation marks', () => {
  expect(sentiment('I am extremely disappointed')).toBeLessThan(sentiment('I am disappointed'));
  expect(sentiment('Ich bin etwas enttäuscht')).toBeGreaterThan(sentiment('Ich bin enttäuscht'));
  expect(sentiment('I am disappointed!!!')).toBeLessThan(sentiment('I am disappointed'));
});

it('is unsure about praise and blame together', () => {
  expect(fact('great product, terrible service').confidence).toBeLessThan(fact('terrible product, terrible service').confidence);
});
