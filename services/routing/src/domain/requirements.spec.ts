import fc from 'fast-check';
import { aCategory, ago, anAgent, aPolicy, aTicket, NOW } from '../../test/a-round.js';
import { whyNeverFits } from './gate.js';
import { describeRelaxation, nextStepAt, requirementsAt, skillsKey, stepByTime } from './requirements.js';

const dispute = aCategory({ requiredSkills: { accounting: 3 }, preferredSkills: { law: 1 }, raiseLevelFromComplexity: 4 });
const relaxing = aPolicy({
  relaxation: [
    { afterSeconds: 60, lowerSkillsBy: 1 },
    { afterSeconds: 120, lowerLanguageBy: 1 },
    { afterSeconds: 300, lowerSkillsBy: 5, anyQueue: true },
  ],
});

describe('requirements', () => {
  it('ask one level more from the complexity on that the category names, never above 5', () => {
    expect([...requirementsAt(aTicket('t', { complexity: 3 }), dispute, relaxing, 0).skills]).toEqual([['accounting', 3]]);
    expect([...requirementsAt(aTicket('t', { complexity: 4 }), dispute, relaxing, 0).skills]).toEqual([['accounting', 4]]);
    const top = aCategory({ requiredSkills: { accounting: 5 }, raiseLevelFromComplexity: 1 });
    expect(requirementsAt(aTicket('t'), top, relaxing, 0).skills.get('accounting')).toBe(5);
  });

  it('ask the higher of the category’s level and an escalation’s', () => {
    const escalated = aTicket('t', { extraSkills: { accounting: 4, seniority: 2 } });
    expect(Object.fromEntries(requirementsAt(escalated, dispute, relaxing, 0).skills)).toEqual({ accounting: 4, seniority: 2 });
  });

  it('give up what the steps name, and keep what earlier steps gave up', () => {
    const ticket = aTicket('t', { language: 'de' });
    expect(requirementsAt(ticket, dispute, relaxing, 1)).toMatchObject({ languageLevelMin: 3, queueIds: ['general'] });
    expect(requirementsAt(ticket, dispute, relaxing, 2)).toMatchObject({ languageLevelMin: 2, queueIds: ['general'] });
    expect(requirementsAt(ticket, dispute, relaxing, 2).skills.get('accounting')).toBe(2);
    expect(requirementsAt(ticket, dispute, relaxing, 3)).toMatchObject({ languageLevelMin: 2, queueIds: null, skills: new Map() });
  });

  it('ask no language of an agent when nobody knows the ticket’s', () => {
    expect(requirementsAt(aTicket('t', { language: null }), undefined, relaxing, 0).languageLevelMin).toBe(0);
  });

  it('count steps from relaxFrom', () => {
    const after = (seconds: number) => stepByTime(aTicket('t', { relaxFrom: ago(seconds / 60), firstQueuedAt: ago(600) }), relaxing, NOW);
    expect([0, 59, 60, 119, 120, 299, 300, 10_000].map(after)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('take a step declared to come before its predecessor together with it', () => {
    const odd = aPolicy({ relaxation: [{ afterSeconds: 60 }, { afterSeconds: 30 }] });
    expect([40, 60].map((seconds) => stepByTime(aTicket('t', { relaxFrom: ago(seconds / 60) }), odd, NOW))).toEqual([0, 2]);
  });

  it('put the next step always into the future, whatever the policy: else a ticket is tried for ever', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 10 }),
        fc.integer({ min: 0, max: 600_000 }),
        (after, waitedMs) => {
          const policy = aPolicy({ relaxation: after.map((afterSeconds) => ({ afterSeconds })) });
          const ticket = aTicket('t', { relaxFrom: NOW.getTime() - waitedMs });
          expect(nextStepAt(ticket, policy, stepByTime(ticket, policy, NOW)) ?? Infinity).toBeGreaterThan(NOW.getTime());
        },
      ),
    );
  });

  it('relax monotonely: who fits at a step fits at every later one', () => {
    const level = fc.integer({ min: 1, max: 5 });
    const levels = fc.dictionary(fc.constantFrom('accounting', 'law', 'seniority'), level, { noNullPrototype: true });
    const step = fc.record({
      afterSeconds: fc.integer({ min: 0, max: 900 }),
      lowerSkillsBy: fc.integer({ min: 0, max: 5 }),
      lowerLanguageBy: fc.integer({ min: 0, max: 5 }),
      anyQueue: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 5 }),
        levels,
        levels,
        levels,
        fc.option(level),
        level,
        fc.boolean(),
        (relaxation, required, extra, own, german, complexity, member) => {
          const policy = aPolicy({ relaxation });
          const category = aCategory({ requiredSkills: required, raiseLevelFromComplexity: 3 });
          const ticket = aTicket('t', { language: 'de', complexity, extraSkills: extra });
          const agent = anAgent('a', {
            skills: own,
            languages: german === null ? {} : { de: german },
            queueIds: member ? ['general'] : [],
          });
          const fits = Array.from(
            { length: relaxation.length + 1 },
            (_, nth) => whyNeverFits(agent, requirementsAt(ticket, category, policy, nth)) === undefined,
          );
          expect(fits).toEqual([...fits].sort((a, b) => Number(a) - Number(b)));
        },
      ),
    );
  });

  it('have the same key only when they ask the same skills', () => {
    const asked = (fields: Parameters<typeof aTicket>[1]) => skillsKey(aTicket('t', fields), dispute);
    expect(asked({ complexity: 1 })).toBe(asked({ complexity: 3, ticketId: 'other' }));
    const different = [
      asked({ category: 'c' }),
      asked({ category: 'd' }),
      asked({ category: 'c', complexity: 4 }),
      asked({ category: 'c', extraSkills: { law: 1 } }),
      asked({ category: 'c', extraSkills: { law: 2 } }),
    ];
    expect(new Set(different).size).toBe(different.length);
  });

  it('say in words what a step gave up', () => {
    expect([1, 2, 3, 4].map((step) => describeRelaxation(relaxing, step))).toEqual([
      'skills 1 lower',
      'language 1 lower',
      'skills 5 lower, any queue',
      'nothing',
    ]);
    expect(describeRelaxation(relaxing, 3, 0)).toBe('skills 5 lower, language 1 lower, any queue');
  });
});
