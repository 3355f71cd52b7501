import fc from 'fast-check';
import { sampleArticles } from '../../test/sample.js';
import { buildIndex, localeChain, publicArticles, search, type Article } from './search.js';

const articles = sampleArticles.map((article): Article => ({ ...article, revision: 1 }));
const index = buildIndex(articles);
const idsOf = (text: string, locale: string, audience: 'public' | 'agents' = 'public') =>
  search(index, { text }, { locales: localeChain(locale, ['de', 'en']), audience, limit: 5 }).map(
    ({ article }) => `${article.articleId}.${article.locale}`,
  );

describe('search', () => {
  it.each([
    ['en', 'invoice for my company', 'download-invoice.en'],
    ['de', 'Rechnung fürs Finanzamt', 'download-invoice.de'],
    ['de', 'Passwortmail', 'reset-password.de'],
    ['de', 'RUECKSENDUNG', 'return-30-days.de'],
    ['de-AT', 'Paket', 'track-parcel.de'],
    ['fr', 'Bluetooth', 'pair-app.de'],
  ])('finds, in %s, for %s first %s', (locale, query, first) => {
    expect(idsOf(query, locale)[0]).toBe(first);
  });

  it('shows agents what is for agents, and customers never', () => {
    expect(idsOf('Kulanz bei Rahmenbruch', 'de', 'agents')[0]).toBe('warranty.de');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('Kulanz', 'Garantie', 'Gewährleistung', 'Rahmenbruch', 'Akku', 'Supervisorin', 'Rad')),
        (words) => {
          expect(idsOf(words.join(' '), 'de')).not.toContain('warranty.de');
        },
      ),
    );
    expect(publicArticles(index, ['de']).map((article) => article.articleId)).not.toContain('warranty');
  });

  it('gives each article once, in the first locale of the chain', () => {
    const found = idsOf('Care+ App Bluetooth E07', 'en').map((id) => id.split('.')[0]);
    expect(new Set(found).size).toBe(found.length);
  });

  it('gives the same whatever the order of the articles', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(articles, { minLength: articles.length }), (shuffled) => {
        const options = { locales: ['en'], audience: 'public', limit: 5 } as const;
        const query = { text: 'Where is the invoice for my returned parcel?' };
        const scores = (from: readonly Article[]) =>
          search(buildIndex(from), query, options).map(({ article, score }) => [article.articleId, score.toFixed(9)]);
        expect(scores(shuffled)).toEqual(scores(articles));
      }),
      { numRuns: 20 },
    );
  });
});

describe('localeChain', () => {
  it('goes from the region to the language to the fallbacks, each once', () => {
    expect(localeChain('de-AT', ['en-GB', 'de'])).toEqual(['de-at', 'de', 'en-gb', 'en']);
  });
});
