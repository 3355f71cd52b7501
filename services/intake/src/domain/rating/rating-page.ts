import { SCORES, type Score } from './rating.js';

interface Words {
  readonly title: string;
  readonly labels: Readonly<Record<Score, string>>;
  readonly given: (score: Score) => string;
  readonly thanks: string;
  readonly change: string;
  readonly early: string;
}
const WORDS = {
  en: {
    title: 'How did we help you?',
    labels: { 1: 'very badly', 2: 'badly', 3: 'all right', 4: 'well', 5: 'very well' },
    given: (score) => `You gave us ${score} of 5. You may change that.`,
    thanks: 'Thank you. We have noted your rating.',
    change: 'Change it',
    early: 'Your request is not solved yet. You can rate it here as soon as it is.',
  },
  de: {
    title: 'Wie haben wir Ihnen geholfen?',
    labels: { 1: 'sehr schlecht', 2: 'schlecht', 3: 'in Ordnung', 4: 'gut', 5: 'sehr gut' },
    given: (score) => `Sie haben uns ${score} von 5 gegeben. Sie können das ändern.`,
    thanks: 'Danke. Wir haben Ihre Bewertung notiert.',
    change: 'Ändern',
    early: 'Ihre Anfrage ist noch nicht gelöst. Sobald sie es ist, können Sie sie hier bewerten.',
  },
} satisfies Record<string, Words>;
export type PageLanguage = keyof typeof WORDS;

/** The first language of `Accept-Language` that the page has; English otherwise. Weights are ignored: browsers list in order of preference. */
export function pageLanguage(acceptLanguage: string | undefined): PageLanguage {
  const wanted = (acceptLanguage ?? '').slice(0, 200).split(',');
  const known = wanted.map((one) => one.trim().slice(0, 2).toLowerCase()).find((one) => Object.hasOwn(WORDS, one));
  return (known as PageLanguage | undefined) ?? 'en';
}

const page = (language: PageLanguage, body: string): string => {
  const { title } = WORDS[language];
  return (
    `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>` +
    `<style>body{font:1.1rem/1.5 system-ui;max-width:30rem;margin:4rem auto;padding:0 1rem}button{font:inherit;display:block;width:100%;text-align:left;padding:.6rem 1rem;margin:0 0 .5rem}</style>` +
    `<h1>${title}</h1>${body}</html>`
  );
};

/** Five buttons that POST to the page's own address. */
export function ratingPage(given: Score | undefined, language: PageLanguage): string {
  const words = WORDS[language];
  const buttons = SCORES.toReversed().map((score) => `<button name="score" value="${score}">${score} – ${words.labels[score]}</button>`);
  return page(language, `${given ? `<p>${words.given(given)}</p>` : ''}<form method="post">${buttons.join('')}</form>`);
}

export const ratedPage = (language: PageLanguage): string =>
  page(language, `<p>${WORDS[language].thanks}</p><p><a href="">${WORDS[language].change}</a></p>`);

/** For those who look before the ticket was solved. */
export const tooEarlyPage = (language: PageLanguage): string => page(language, `<p>${WORDS[language].early}</p>`);
