import * as fc from 'fast-check';
import { cleanLine, cleanText, cutTo } from './text.js';

describe('cleanText', () => {
  it('removes what PostgreSQL cannot hold and keeps the rest', () => {
    expect(cleanText('a\u0000b\ud800c\r\nd\te', 100)).toBe('ab\ufffdc\nd\te');
  });

  it('gives storable text of bounded length for any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(100), (text, lengthMax) => {
        const clean = cleanText(text, lengthMax);
        expect(clean.length).toBeLessThanOrEqual(lengthMax);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toContain('\u0000');
        expect(cleanText(clean, lengthMax)).toBe(clean);
      }),
    );
  });
});

describe('cleanLine', () => {
  it('folds lines and spaces into one line', () => {
    expect(cleanLine('  Re: my\r\n\t order \u0000 ', 100)).toBe('Re: my order');
  });

  it('unmasks a file name that hides its extension', () => {
    expect(cleanLine('invoice\u202efdp.exe', 100)).toBe('invoicefdp.exe');
  });
});

describe('cutTo', () => {
  it('never leaves half of a surrogate pair', () => {
    expect(cutTo('ab😀', 3)).toBe('ab');
    expect(cutTo('ab😀', 4)).toBe('ab😀');
    expect(cutTo('\ud83d', 1)).toBe('\ud83d');
  });
});
