interface Words {
  readonly title: string;
  readonly yes: string;
  readonly no: string;
  readonly thanks: string;
  readonly person: string;
}
const WORDS: Record<string, Words> = {
  en: {
    title: 'Did our answer help?',
    yes: 'Yes, it did',
    no: 'No, I need a person',
    thanks: 'Thank you. We are glad it helped.',
    person: 'Thank you. A person will take care of it now.',
  },
  de: {
    title: 'Hat unsere Antwort geholfen?',
    yes: 'Ja, hat sie',
    no: 'Nein, ich brauche einen Menschen',
    thanks: 'Danke. Schön, dass es geholfen hat.',
    person: 'Danke. Jetzt kümmert sich ein Mensch darum.',
  },
};
const languageOf = (locale: string | null): string => {
  const language = locale?.split('-')[0]?.toLowerCase() ?? 'en';
  return Object.hasOwn(WORDS, language) ? language : 'en';
};
const page = (language: string, title: string, body: string): string =>
  `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>` +
  `<style>body{font:1.1rem/1.5 system-ui;max-width:30rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1rem;margin:0 .5rem .5rem 0}</style>` +
  `<h1>${title}</h1>${body}</html>`;

/** Two buttons that POST. `token` is genuine, so it holds nothing but letters, digits and `._-`. */
export function feedbackPage(token: string, locale: string | null): string {
  const language = languageOf(locale);
  const { title, yes, no } = WORDS[language]!;
  const button = (helped: boolean, label: string): string => `<button name="helped" value="${helped}">${label}</button>`;
  return page(
    language,
    title,
    `<form method="post" action="feedback"><input type="hidden" name="token" value="${token}">${button(true, yes)}${button(false, no)}</form>`,
  );
}

export function thanksPage(helped: boolean, locale: string | null): string {
  const language = languageOf(locale);
  const { title, thanks, person } = WORDS[language]!;
  return page(language, title, `<p>${helped ? thanks : person}</p>`);
}
