import { pageLanguage, ratedPage, ratingPage, tooEarlyPage } from './rating-page.js';

describe('the rating page', () => {
  it('has five buttons that post, and nothing else that does anything', () => {
    const page = ratingPage(undefined, 'en');
    expect([...page.matchAll(/<button name="score" value="(\d)">/g)].map(([, score]) => score)).toEqual(['5', '4', '3', '2', '1']);
    expect(page).toContain('<form method="post">');
    expect(page).not.toMatch(/<(script|img|link|a) /);
  });

  it('says what was given before', () => {
    expect(ratingPage(4, 'en')).toContain('You gave us 4 of 5');
    expect(ratingPage(undefined, 'en')).not.toContain('of 5');
  });

  it('has no buttons before the ticket is solved', () => {
    expect(tooEarlyPage('en')).not.toContain('<button');
    expect(ratedPage('de')).toContain('Danke');
  });

  it.each([
    ['de-DE,de;q=0.9,en;q=0.8', 'de'],
    ['fr, de;q=0.5', 'de'],
    ['en-GB', 'en'],
    ['fr', 'en'],
    ['constructor', 'en'],
    [undefined, 'en'],
  ])('speaks to %p in %s', (header, language) => {
    expect(pageLanguage(header)).toBe(language);
  });
});
