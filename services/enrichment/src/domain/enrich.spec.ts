import * as fc from 'fast-check';
import { sampleModel, sampleTickets } from '../../test/sample.js';
import { enrich, type EnrichmentInput } from './enrich.js';
import { compileRules } from './rules.js';
import { SUPPORT_RULES } from './rule-table.js';

const noon = new Date('2026-11-24T12:00:00Z');
const input = (body: string, more: Partial<EnrichmentInput> = {}): EnrichmentInput => ({
  subject: '',
  body,
  channel: 'web',
  attachments: 0,
  customer: {},
  history: { ticketsTotal: 0, ticketsLast30Days: 0 },
  ...more,
});
const enriched = (body: string, more: Partial<EnrichmentInput> = {}) => enrich(input(body, more), sampleModel(), noon);

it('says what a ticket is about, how sure it is and where from', () => {
  const ticket = enriched('Von meinem Konto wurde der Betrag für Bestellung 48213 doppelt abgebucht. Bitte zurückbuchen.');
  expect(ticket).toMatchObject({
    category: { value: 'billing-dispute', source: 'model', modelVersion: sampleModel().version },
    priority: { value: 'high', source: 'rules', reasons: ['wrong-money', 'category billing-dispute'] },
    complexity: { value: 3, source: 'rules' },
    language: { value: 'de', source: 'detection' },
    wantsHuman: { value: false },
    enrichedAt: noon,
  });
});

describe('priority', () => {
  it.each([
    ['urgent', 'The battery is smoking while charging, is that dangerous?'],
    ['urgent', 'Die Bremse versagt bergab, das ist lebensgefährlich!'],
    ['urgent', 'Mein Konto wurde gehackt, bitte sofort sperren'],
    ['urgent', 'Urgent: complete outage, none of us can work and customers are waiting'],
    ['high', 'My lawyer will hear about this invoice'],
    ['high', 'I am locked out and cannot log in to my account'],
    ['normal', 'Where is my parcel? It should have arrived on Tuesday.'],
    ['normal', 'Bitte senden Sie mir die Rechnung zur Bestellung 53251 als PDF.'],
    ['low', 'Will the rear rack fit the Fjell Lite?'],
    ['low', 'Wann hat die Filiale in Kiel geöffnet?'],
    ['low', 'My parcel has not arrived yet. No rush though, whenever you have time.'],
  ])('is %s: %s', (priority, body) => {
    expect(enriched(body).priority.value).toBe(priority);
  });

  it('does not fall for a negated word', () => {
    expect(enriched('My parcel is late. It is not urgent.').priority.value).toBe('low');
    expect(enriched('Mein Paket ist noch nicht da. Ist nicht dringend.').priority.value).toBe('low');
  });

  it('rises with the tier', () => {
    const body = 'Where is my parcel? It should have arrived on Tuesday.';
    expect(enriched(body, { customer: { tier: 'VIP' } }).priority).toMatchObject({ value: 'high', reasons: ['tier vip'] });
    expect(enriched(body, { customer: { tier: 'constructor' } }).priority.value).toBe('normal');
  });

  it('rises when the customer comes back with the same topic or the ticket was reopened', () => {
    const body = 'I was charged an amount I do not recognise, 12.50 on the 14th';
    const first = enriched(body);
    const again = enriched(body, { history: { ticketsTotal: 4, ticketsLast30Days: 2, lastCategory: 'billing-dispute', reopenedCount: 1 } });
    expect(first.priority.value).toBe('normal');
    expect(again.priority.value).toBe('high');
    expect(again.priority.reasons).toEqual(expect.arrayContaining(['same topic again', 'reopened']));
  });

  it('agrees with the labels of the sample tickets: 80 % the same, all but 1 % within one step', () => {
    const steps = ['low', 'normal', 'high', 'urgent'];
    const distances = sampleTickets.map((ticket) => {
      const { priority } = enriched(ticket.body, { subject: ticket.subject });
      return Math.abs(steps.indexOf(priority.value) - steps.indexOf(ticket.priority));
    });
    expect(distances.filter((distance) => distance === 0).length / distances.length).toBeGreaterThan(0.8);
    expect(distances.filter((distance) => distance <= 1).length / distances.length).toBeGreaterThan(0.99);
  });
});

describe('complexity', () => {
  it('rises from a plain question to a dispute with a lawyer in it', () => {
    const question = enriched('Does the rear light need batteries?');
    const invoice = enriched('Please send me the invoice as a PDF.');
    const dispute = enriched(
      'A debt collection agency demands 210 EUR for an order I never placed. This is fraud; my lawyer will take legal action.',
    );
    expect(question.complexity.value).toBe(1);
    expect(invoice.complexity.value).toBeLessThanOrEqual(2);
    expect(dispute.complexity.value).toBe(5);
  });

  it('rises with length, questions and attachments', () => {
    const short = enriched('My parcel arrived damaged.');
    const long = enriched(`My parcel arrived damaged. ${'I described the dent and the scratches. Can you see it? '.repeat(12)}`, {
      attachments: 9,
    });
    expect(long.complexity.value).toBeGreaterThan(short.complexity.value);
    expect(long.complexity.reasons).toEqual(expect.arrayContaining(['length', 'questions', 'attachments']));
  });

  it('is within one level of the labels for 97 % of the sample tickets', () => {
    const near = sampleTickets.filter((ticket) => {
      const { complexity } = enriched(ticket.body, { subject: ticket.subject });
      return Math.abs(complexity.value - Number(ticket.complexity)) <= 1;
    });
    expect(near.length / sampleTickets.length).toBeGreaterThan(0.97);
  });
});

describe('wantsHuman', () => {
  it.each([
    'I want to talk to a real person please',
    'Can I speak to someone about this?',
    'agent',
    'HUMAN PLEASE!!!',
    'Ich möchte mit einem echten Menschen sprechen',
    'Kann ich bitte mit jemandem sprechen?',
    'Bitte rufen Sie mich zurück',
    'Mitarbeiter bitte',
  ])('hears the wish: %s', (body) => {
    expect(enriched(body).wantsHuman.value).toBe(true);
  });

  it.each([
    'Where is my parcel?',
    'I do not need to talk to someone, a mail is fine',
    'The agent at your desk was friendly, thank you',
    'Der Mitarbeiter in der Filiale war freundlich',
    'Will the carrier call me beforehand?',
  ])('hears none: %s', (body) => {
    expect(enriched(body).wantsHuman.value).toBe(false);
  });
});

it('decides without a model, and says that the category is unknown', () => {
  const ticket = enrich(input('Mein Konto wurde gehackt, bitte sofort sperren!'), null, noon);
  expect(ticket.category).toEqual({ value: null, confidence: 0, source: 'none' });
  expect(ticket.priority.value).toBe('urgent');
});

it('is less sure of what its rules say about a language they are not in', () => {
  const french = enriched('Bonjour, je voudrais savoir où se trouve mon colis, merci beaucoup.');
  expect(french.language.value).toBe('fr');
  expect(french.priority.confidence).toBeLessThan(0.6);
});

it('follows another rule table', () => {
  const rules = compileRules({
    ...SUPPORT_RULES,
    signals: [{ name: 'pump', priority: 9, complexity: 3, phrases: ['pump'] }],
    categories: {},
  });
  const ticket = enrich(input('the pump'), null, noon, rules);
  expect(ticket).toMatchObject({ priority: { value: 'urgent', reasons: ['pump'], modelVersion: rules.version }, complexity: { value: 5 } });
  expect(rules.version).not.toBe(compileRules(SUPPORT_RULES).version);
});

describe('whatever the text', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    // Lone surrogates and NUL, which no well-formed generator makes.
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
    fc
      .array(fc.constantFrom('not', 'never', 'urgent', '!', '?', '\n', '\0', '\ud83d', 'ß', '漢', '#', '__proto__', 'constructor'), {
        maxLength: 80,
      })
      .map((parts) => parts.join(' ')),
  );

  it('gives every value within its bounds and the same ones again', () => {
    fc.assert(
      fc.property(
        anyText,
        anyText,
        fc.option(anyText, { nil: undefined }),
        fc.option(anyText, { nil: undefined }),
        (subject, body, declaredLanguage, tier) => {
          const ticket = input(body, { subject, declaredLanguage, customer: { tier, accountStatus: tier } });
          const result = enrich(ticket, sampleModel(), noon);
          const { category, priority, complexity, language, sentiment, wantsHuman } = result;
          expect([1, 2, 3, 4, 5]).toContain(complexity.value);
          expect(['urgent', 'high', 'normal', 'low']).toContain(priority.value);
          expect(Math.abs(sentiment.value)).toBeLessThanOrEqual(1);
          if (language.value !== null) expect(language.value).toMatch(/^[a-z]{2,3}$/);
          for (const fact of [category, priority, complexity, language, sentiment, wantsHuman]) {
            expect(fact.confidence).toBeGreaterThanOrEqual(0);
            expect(fact.confidence).toBeLessThanOrEqual(1);
          }
          expect(enrich(ticket, sampleModel(), noon)).toEqual(result);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(['a', 'a ', '\ud800', '\0', 'ﷺ', '漢', '0@', 'nicht ', "'", '!\n'])('reads a megabyte of %j only to its bound', (part) => {
    const megabyte = part.repeat(1_000_000 / part.length);
    expect(enriched(megabyte, { subject: megabyte }).complexity.value).toBeGreaterThanOrEqual(1);
  });

  it('decides by the first 10,000 characters alone', () => {
    const start = 'Where is my parcel? '.repeat(600);
    expect(enriched(`${start} hacked, fire, lawyer`)).toEqual(enriched(start));
  });
});
