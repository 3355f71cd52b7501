import fc from 'fast-check';
import { COMPANY } from '../../test/company.js';
import { canonical, planApply, type Document } from './configuration.js';

const company = COMPANY as Document[];
const planned = (documents: readonly Document[], active = applied().active) =>
  planApply(active, new Map(active.map((one) => [`${one.kind}/${one.name}`, one.version])), documents);
function applied() {
  const plan = planApply([], new Map(), company);
  if (!('active' in plan)) throw new Error(plan.problems[0]?.message);
  return plan;
}
const problem = (document: Document) => planned([document]).problems[0];

describe('an apply', () => {
  it('makes version 1 of everything in the beginning, and nothing of the same again', () => {
    expect(applied().changed.map((record) => record.version)).toEqual(company.map(() => 1));
    expect(planned(company)).toMatchObject({ problems: [], changed: [], removed: [] });
  });

  it('counts on where an earlier life of the name ended', () => {
    expect(planApply([], new Map([['queue/billing', 4]]), company)).toMatchObject({
      changed: expect.arrayContaining([expect.objectContaining({ name: 'billing', version: 5 })]),
    });
  });

  it.each([
    [{ kind: 'company', name: 'second', content: company[0]!.content }, '', /one company only/],
    [{ kind: 'queue', name: 'x', content: undefined }, 'content', /is missing/],
    [{ kind: 'queue', name: 'billing', remove: true }, 'queues.0', /queue 'billing' does not exist; known: general/],
    [
      { kind: 'sla-policy', name: 'standard', content: { calendar: 'none', hours: 'business', targets: {} } },
      'calendar',
      /calendar 'none' does not exist; known: none/,
    ],
    [
      { kind: 'article', name: 'a', content: { articleId: 'a', locale: 'en', title: 'A', text: 'A', category: 'x' } },
      'category',
      /known: refund/,
    ],
    [{ kind: 'article', name: 'a', content: { articleId: 'a', locale: 'en', title: 'A', text: 'A\0' } }, '', /NUL/],
    [
      {
        kind: 'routing-policy',
        name: 'p',
        content: {
          weights: { standard: {} },
          rules: [{ when: {}, use: 'hurry' }],
          maximumAgeMinutes: { urgent: 1, high: 1, normal: 1, low: 1 },
        },
      },
      'rules.0.use',
      /'hurry'; allowed: standard, longest-idle/,
    ],
  ] as [Document, string, RegExp][])('refuses %j', (document, field, message) => {
    expect(problem(document)).toMatchObject({ message: expect.stringMatching(message) });
    if (document.remove !== true) expect(problem(document)).toMatchObject({ document: `${document.kind}/${document.name}`, field });
  });

  it('refuses a document that is given twice', () => {
    expect(planned([company[1]!, company[1]!]).problems).toMatchObject(
      [{ document: 'queue/billing', message: /twice/ }].map((one) => ({ ...one, message: expect.stringMatching(one.message) })),
    );
  });
});

it('compares content whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect(canonical(Object.fromEntries(Object.entries(value).reverse()))).toBe(canonical(value));
    }),
  );
});
