import fc from 'fast-check';
import { COMPANY } from '../../test/company.js';
import { canonical, clockDocumentsOf, planApply, type Document } from './configuration.js';

const company = COMPANY as Document[];
const units = { web: 1, email: 1, chat: 2, social: 1 };
const automatic = Object.fromEntries(Object.keys(units).map((channel) => [channel, { mode: 'automatic' }]));
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
    [
      {
        kind: 'queue',
        name: 'x',
        content: { title: 'X', units, offers: { ...automatic, chat: { mode: 'ask', seconds: 20, attemptsMax: 5 } } },
      },
      'offers.chat.attemptsMax',
      /has nowhere to send the ticket: the company names no 'supervisorQueue'/,
    ],
    [{ kind: 'queue', name: 'billing', remove: true }, 'queues.0', /queue 'billing' does not exist; allowed: general/],
    [
      { kind: 'sla-policy', name: 'standard', content: { calendar: 'none', hours: 'business', targets: {} } },
      'calendar',
      /calendar 'none' does not exist; allowed: none/,
    ],
    [
      { kind: 'article', name: 'a', content: { articleId: 'a', locale: 'en', title: 'A', text: 'A', category: 'x' } },
      'category',
      /allowed: refund/,
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
    [
      {
        kind: 'routing-policy',
        name: 'p',
        content: {
          weights: { standard: { speed: 1, resolution: 0 } },
          learning: { explorationShare: 0.1 },
          maximumAgeMinutes: { urgent: 1, high: 1, normal: 1, low: 1 },
        },
      },
      'learning.explorationShare',
      /needs a set of weights with the signal 'resolution'/,
    ],
  ] as [Document, string, RegExp][])('refuses %j', (document, field, message) => {
    expect(problem(document)).toMatchObject({ message: expect.stringMatching(message) });
    if (document.remove !== true) expect(problem(document)).toMatchObject({ document: `${document.kind}/${document.name}`, field });
  });

  const slaPolicy = (more: object): Document => ({
    kind: 'sla-policy',
    name: 'standard',
    content: { calendar: 'always', hours: 'calendar', targets: {}, ...more },
  });
  const always: Document = { kind: 'calendar', name: 'always', content: { timeZone: 'Europe/Berlin', week: {} } };
  const onComplexity = { atLeast: 5 };
  it.each([
    [{ onComplexity: { atLeast: 5, notify: ['owner', 'lead'] } }, 'onComplexity.notify.1', /^'lead' is nobody.*allowed: owner, role:agent/],
    [{ levels: [{ offsetMinutes: 0, notify: ['role:boss'] }] }, 'levels.0.notify.0', /^'role:boss' is nobody/],
    [{ notifyFallback: ['mail:nowhere'] }, 'notifyFallback.0', /^'mail:nowhere' is nobody/],
    [{ notifyFallback: ['agent:zoe'] }, 'notifyFallback.0', /^agent 'zoe' does not exist; allowed: ana, ben, sue/],
    [{ onOwnerSilent: { notify: ['webhook:pager'] } }, 'onOwnerSilent.notify.0', /^webhook 'pager' does not exist; allowed: none/],
    [{ categories: ['refund', 'refunds'] }, 'categories.1', /^category 'refunds' does not exist; allowed: refund/],
    [{ channels: ['fax'] }, 'channels.0', /expected one of/],
    [{ onComplexity: { ...onComplexity, requeue: true, reassignToRole: 'admin' } }, 'onComplexity.requeue', /contradicts 'reassignToRole'/],
    [{ quietHours: { timeZone: 'UTC', from: '00:00', to: '24:00' } }, 'quietHours.to', /nobody would ever be notified/],
  ])('refuses an SLA policy with %j', (more, field, message) => {
    expect(planned([always, slaPolicy(more)]).problems).toEqual([
      expect.objectContaining({ document: 'sla-policy/standard', field, message: expect.stringMatching(message) }),
    ]);
  });
  it('takes every form a policy may name people in, and goes on with an older policy that nobody could follow', () => {
    const pager: Document = {
      ...company[0]!,
      content: { ...(company[0]!.content as object), webhooks: { pager: { url: 'https://pager.example/hook' } } },
    };
    const notify = ['owner', 'role:agent', 'agent:ana', 'mail:lead@example.com', 'webhook:pager'];
    expect(planned([pager, always, slaPolicy({ onComplexity: { atLeast: 5, notify }, notifyFallback: ['agent:sue'] })]).problems).toEqual(
      [],
    );
    const older = { ...slaPolicy({ onComplexity: { atLeast: 5, notify: ['lead'], requeue: true, reassignToRole: 'admin' } }), version: 1 };
    expect(planned([queue('new')], [...applied().active, { ...always, version: 1 }, older] as never).problems).toEqual([]);
  });

  const queue = (name: string, domain?: string): Document => ({
    kind: 'queue',
    name,
    content: { ...(company.find((one) => one.name === 'billing')!.content as object), ...(domain && { domain }) },
  });
  const agent = (queues: string[]): Document => ({
    kind: 'agent',
    name: 'cem',
    content: { name: 'Cem', email: 'cem@example.org', queues },
  });
  const helping = (to: string[]): Document => ({
    kind: 'routing-policy',
    name: 'p',
    content: {
      weights: { standard: {} },
      overflow: [{ from: 'billing', to, afterSeconds: 1, donorWaitMinutesMax: 1 }],
      maximumAgeMinutes: { urgent: 1, high: 1, normal: 1, low: 1 },
    },
  });
  it('refuses an agent, and help, across matching domains', () => {
    const abroad = queue('abroad', 'eu');
    expect(planned([abroad, agent(['billing', 'general', 'abroad'])]).problems).toEqual([
      {
        document: 'agent/cem',
        field: 'queues.2',
        message:
          "queue 'abroad' is of matching domain 'eu', queue 'billing' of 'default'; an agent's queues are of one domain; allowed beside 'billing': billing, general",
        allowed: ['billing', 'general'],
      },
    ]);
    expect(planned([abroad, helping(['general', 'abroad'])]).problems).toMatchObject([
      { document: 'routing-policy/p', field: 'overflow.0.to.1', message: expect.stringContaining('queues help out within their domain') },
    ]);
    expect(planned([abroad, agent(['abroad']), helping(['general'])]).problems).toEqual([]);
  });

  it('names the place of every name of a policy that does not exist', () => {
    const content = {
      ...(helping(['general', 'abroad']).content as object),
      rules: [{ when: { queue: ['billing', 'biling'], category: ['refund', 'fraud'] }, use: 'standard' }],
    };
    expect(planned([{ ...helping([]), content } as Document]).problems).toMatchObject([
      { document: 'routing-policy/p', field: 'rules.0.when.category.1', message: "category 'fraud' does not exist; allowed: refund" },
      { document: 'routing-policy/p', field: 'rules.0.when.queue.1', message: "queue 'biling' does not exist; allowed: billing, general" },
      { document: 'routing-policy/p', field: 'overflow.0.to.1', message: "queue 'abroad' does not exist; allowed: billing, general" },
    ]);
  });

  it('refuses routing policies that could never be in force', () => {
    const policy = (name: string): Document => ({ ...helping(['general']), name });
    const { active } = planned([policy('standard')]) as ReturnType<typeof applied>;
    expect(planned([policy('summer')], active).problems).toMatchObject([
      { document: 'routing-policy/summer', field: '', message: expect.stringContaining("would never be in force: beside 'standard'") },
    ]);
    expect(planned([policy('summer'), { kind: 'routing-policy', name: 'standard', remove: true }], active).problems).toEqual([]);
    expect(planned([policy('summer')]).problems).toEqual([]);
    expect(planned([policy('summer'), policy('winter')]).problems).toMatchObject(
      ['summer', 'winter'].map((name) => ({
        document: `routing-policy/${name}`,
        message: expect.stringMatching(/^of 2 routing policies one could be in force/),
      })),
    );
  });

  it('refuses to move a queue away from agents who have others as well', () => {
    const { active } = planned([agent(['billing', 'general'])]) as ReturnType<typeof applied>;
    expect(planned([queue('general', 'eu')], active).problems).toMatchObject([{ document: 'agent/cem', field: 'queues.1' }]);
    expect(planned([queue('general', 'eu'), agent(['billing'])], active).problems).toEqual([]);
    expect(planned([queue('general', 'eu'), queue('billing', 'eu')], active).problems).toEqual([]);
  });

  it('refuses more matching domains than routing looks after, and names that are none', () => {
    const many = (count: number) => Array.from({ length: count }, (_, nth) => queue(`queue-${nth}`, `domain-${nth}`));
    expect(planned(many(19)).problems).toEqual([]);
    expect(planned(many(20)).problems).toMatchObject([{ field: 'domain', message: 'there would be 21 matching domains; at most 20' }]);
    expect(problem(queue('abroad', 'the EU'))).toMatchObject({ field: 'domain', message: expect.stringMatching(/^letters, digits/) });
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

it('knows which documents of a plan clocks follow, also those that are taken away', () => {
  const content = { timeZone: 'Europe/Berlin', week: {}, holidays: [], extraOpen: {} };
  const calendar = (name: string) => ({ kind: 'calendar' as const, name, content });
  const before = planned([calendar('old')]);
  if (!('active' in before)) throw new Error(before.problems[0]?.message);
  const plan = planned(
    [calendar('new'), { kind: 'calendar', name: 'old', remove: true }, { ...company[1]!, name: 'unheard' }],
    before.active,
  );
  if (!('active' in plan)) throw new Error(plan.problems[0]?.message);
  expect(plan.changed).toHaveLength(2);
  expect(clockDocumentsOf(plan)).toEqual([calendar('new'), { kind: 'calendar', name: 'old' }]);
});
