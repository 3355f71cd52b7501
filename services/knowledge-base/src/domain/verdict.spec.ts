import fc from 'fast-check';
import { ANSWERABLE, FOR_A_PERSON } from '../../test/phrasings.js';
import { sampleArticles, sampleCategories, sampleMessages } from '../../test/sample.js';
import { languageOf } from './language.js';
import { buildIndex } from './search.js';
import { decideVerdict, type Question } from './verdict.js';

const index = buildIndex(sampleArticles.map((article) => ({ ...article, revision: 1 })));
const now = new Date('2026-11-24T09:00:00Z');
const verdictOn = (question: Partial<Question>, thresholdOf = (category = '') => sampleCategories.get(category)?.answerThreshold ?? 1) =>
  decideVerdict(
    { ticketId: 't1', subject: '', text: '', language: 'en', forPerson: false, ...question },
    { index, thresholdOf, defaultLanguage: 'de', feedbackUrl: 'https://help.example/feedback', feedbackToken: 't1.signature' },
    now,
  );
const FORGOTTEN = { subject: 'Forgot my password', text: 'How do I reset my password?' };

describe('the verdict on the sample messages', () => {
  it('answers the question about the password in English, and leaves every other message to a person', async () => {
    const answered = (await sampleMessages()).flatMap(({ file, subject, text, language }) => {
      const verdict = verdictOn({ subject, text, language: languageOf(`${subject}\n${text}`, language) });
      return verdict.type === 'AnswerProposed' ? [[file, verdict.data.answer.articleId, verdict.data.answer.locale]] : [];
    });
    expect(answered).toEqual([['02-web-password.json', 'reset-password', 'en']]);
  });
});

describe('the verdict on phrasings the articles do not contain', () => {
  it.each(['en', 'de'])('never gives a wrong answer in %s, and the right one to four in five', (language) => {
    const asked = ANSWERABLE.filter(([, one]) => one === language);
    const given = asked.map(([articleId, , text]) => {
      const verdict = verdictOn({ text, language: languageOf(text, language) });
      return { text, articleId, given: verdict.type === 'AnswerProposed' ? verdict.data.answer.articleId : null };
    });
    expect(asked.length).toBeGreaterThanOrEqual(20);
    expect(given.filter((one) => one.given !== null && one.given !== one.articleId)).toEqual([]);
    expect(given.filter((one) => one.given !== null).length / asked.length).toBeGreaterThanOrEqual(0.8);
  });

  it.each(FOR_A_PERSON)('leaves to a person (%s): %s', (language, text) => {
    expect(verdictOn({ text, language })).toMatchObject({ type: 'NoAnswer' });
  });
});

describe('a verdict', () => {
  it('carries the article, how to reach a person, and the feedback link at its end', () => {
    const { type, data } = verdictOn(FORGOTTEN);
    expect({ type, data }).toMatchObject({
      type: 'AnswerProposed',
      data: {
        threshold: 0.6,
        answer: { articleId: 'reset-password', revision: 1, locale: 'en', category: 'account-access', feedbackToken: 't1.signature' },
      },
    });
    expect((data as { answer: { text: string } }).answer.text).toMatch(
      /Forgotten password[^]*reply to this message[^]*https:\/\/help\.example\/feedback\?token=t1\.signature$/,
    );
  });

  it('never answers a machine, or who follows up an earlier ticket', () => {
    expect(verdictOn({ ...FORGOTTEN, forPerson: true })).toMatchObject({ type: 'NoAnswer', data: { reason: 'wants-human' } });
  });
  it('never answers a text too long to be read whole', () => {
    expect(verdictOn({ ...FORGOTTEN, text: FORGOTTEN.text.repeat(300) })).toMatchObject({ type: 'NoAnswer' });
  });
  it('never answers in a category of threshold 1, however sure it is', () => {
    expect(verdictOn(FORGOTTEN, () => 1)).toMatchObject({ type: 'NoAnswer', data: { reason: 'below-threshold', threshold: 1 } });
  });
  it('never answers in a language the customer did not write in, but still suggests to the agent', () => {
    const verdict = verdictOn({ text: 'Passwort vergessen', language: 'fr' });
    expect(verdict).toMatchObject({
      type: 'NoAnswer',
      data: { reason: 'no-locale', suggestions: [{ articleId: 'reset-password', locale: 'de' }] },
    });
  });
  it('finds nothing in an empty text', () => {
    expect(verdictOn({})).toMatchObject({ type: 'NoAnswer', data: { reason: 'nothing-found', bestConfidence: 0, suggestions: [] } });
  });

  it('is one verdict for any text at all, never throws, and never shows what is for agents only', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.string({ unit: 'grapheme', maxLength: 400 }),
        fc.boolean(),
        (subject, text, forPerson) => {
          const verdict = verdictOn({ subject, text: `${text} Kulanz Garantie`, language: languageOf(text, undefined), forPerson });
          expect(['AnswerProposed', 'NoAnswer']).toContain(verdict.type);
          expect(verdict.data.suggestions.map((one) => one.articleId)).not.toContain('warranty');
        },
      ),
      { numRuns: 200 },
    );
  });
});
