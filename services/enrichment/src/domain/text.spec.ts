import { foldText, keptText, READ_LENGTH_MAX, ticketText, tokensOf, wordsOf } from './text.js';

describe('foldText', () => {
  it('writes German letters, ligatures and apostrophes in one way', () => {
    expect(foldText('Überprüfung: Straße, ﬁnden, don’t')).toBe("ueberpruefung: strasse, finden, don't");
  });

  it('joins a letter and its combining mark before it folds', () => {
    expect(foldText('Ku\u0308ndigung')).toBe('kuendigung');
  });

  it('stays within its bound although one character can unfold into eighteen', () => {
    expect(foldText('ﷺ'.repeat(20_000)).length).toBeLessThanOrEqual(READ_LENGTH_MAX);
  });
});

it('reads words of any script and keeps an apostrophe inside a word', () => {
  expect(wordsOf("don't stop, 'quoted' 48213 Ёлка 漢字 l'été")).toEqual(["don't", 'stop', 'quoted', '48213', 'Ёлка', '漢字', "l'été"]);
});

it('tokenises words and sentence marks, with can’t as people also write it', () => {
  expect(tokensOf(foldText('Can’t pay!\nWhy?'))).toEqual(['cant', 'pay', '!', '¶', 'why', '?']);
});

it('reads a subject of any length without losing the body', () => {
  expect(ticketText({ subject: 'x'.repeat(50_000), body: 'refund please' })).toContain('refund please');
});

it('keeps of a text what a database can keep', () => {
  expect(keptText('a\0b', 10)).toBe('a b');
  expect(keptText('ab😀', 3)).toBe('ab\ufffd');
  expect(keptText('x'.repeat(20_000), READ_LENGTH_MAX)).toHaveLength(READ_LENGTH_MAX);
});
