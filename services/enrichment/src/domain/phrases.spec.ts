import { compilePhrases } from './phrases.js';
import { foldText, tokensOf } from './text.js';

const find = compilePhrases([
  ['urgent', 'urgent'],
  ['dringend', 'urgent'],
  ['kuendig*', 'cancel'],
  ['cannot ~ log in', 'locked out'],
  ['bremse* versag*', 'danger'],
]);
const found = (text: string) => find(tokensOf(foldText(text))).map(({ value, negated }) => (negated ? `not ${value}` : value));

it('finds whole words, beginnings of words and words around a gap', () => {
  expect(found('Dringend: ich kündige')).toEqual(['urgent', 'cancel']);
  expect(found('I cannot for my life log in')).toEqual(['locked out']);
  expect(found('Die Bremsen versagten')).toEqual(['danger']);
});

it('does not find a part of a word, a wider gap or words of two sentences', () => {
  expect(found('insurgent')).toEqual([]);
  expect(found('I cannot say how often I log in')).toEqual([]);
  expect(found('I cannot. Log in is fine')).toEqual([]);
});

it('marks what a negation stands before', () => {
  expect(found('this is not very urgent')).toEqual(['not urgent']);
  expect(found('ist nicht so dringend')).toEqual(['not urgent']);
  expect(found('it does not work. Urgent!')).toEqual(['urgent']);
});

it('names the phrase it cannot read', () => {
  expect(() => compilePhrases([['~ urgent', 1]])).toThrow("phrase '~ urgent' must begin with a word");
});

it('takes time in proportion to the text, also for text made to match nearly everywhere', () => {
  expect(find(Array.from({ length: 100_000 }, () => 'cannot'))).toEqual([]);
});
