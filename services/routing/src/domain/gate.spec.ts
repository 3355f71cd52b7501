import { ago, anAgent, aPolicy, aTicket, NOW } from '../../test/a-round.js';
import { absenceOf, NOT_NOW, OFFLINE, unmetSkill, whyNeverFits } from './gate.js';
import { requirementsAt } from './requirements.js';
import { NOTHING_PASSING } from './waiting-ticket.js';

const needsOf = (fields: Parameters<typeof aTicket>[1]) => requirementsAt(aTicket('t', fields), undefined, aPolicy(), 0);

describe('the gate', () => {
  it('asks queue, skills and language, and names the first that is missing', () => {
    const needs = needsOf({ extraSkills: { accounting: 3 }, language: 'de' });
    const all = { skills: { accounting: 3 }, languages: { de: 3 } };
    expect(whyNeverFits(anAgent('a', all), needs)).toBeUndefined();
    expect(whyNeverFits(anAgent('a', { ...all, queueIds: ['other'], skills: {} }), needs)).toBe('not in queue general');
    expect(whyNeverFits(anAgent('a', { ...all, skills: { accounting: 2 }, languages: {} }), needs)).toBe('accounting below 3');
    expect(whyNeverFits(anAgent('a', { ...all, languages: { de: 2, en: 5 } }), needs)).toBe('de below 3');
  });

  it('counts an absent skill as level 0, and says which of several is unmet', () => {
    const skills = new Map([
      ['accounting', 1],
      ['seniority', 2],
    ]);
    expect(unmetSkill(anAgent('a', { skills: { accounting: 1, seniority: 2 } }), skills)).toBe(0);
    expect(unmetSkill(anAgent('a', { skills: { seniority: 2 } }), skills)).toBe(1);
    expect(unmetSkill(anAgent('a', { skills: { accounting: 5, seniority: 1 } }), skills)).toBe(2);
  });

  const words = (fields: Parameters<typeof anAgent>[1], policy = aPolicy(), ticketsInWindow = 0) =>
    NOT_NOW[absenceOf(anAgent('a', fields), { ...NOTHING_PASSING, ticketsInWindow }, policy, NOW.getTime())];

  it('lets only agents take tickets who are online and in rotation', () => {
    expect(absenceOf(anAgent('a', { presence: 'offline' }), NOTHING_PASSING, aPolicy(), NOW.getTime())).toBe(OFFLINE);
    expect([words({}), words({ presence: 'offline' }), words({ presence: 'away' }), words({ inRotation: false })]).toEqual([
      '',
      'offline',
      'away',
      'out of rotation',
    ]);
  });

  it('lets nobody begin in the last minutes of a shift, where the policy says so', () => {
    const policy = aPolicy({ shiftEndMinutes: 15 });
    expect(words({ shiftEndsAt: ago(-14) }, policy)).toBe('shift ends');
    expect([words({ shiftEndsAt: ago(-15) }, policy), words({ shiftEndsAt: null }, policy), words({ shiftEndsAt: ago(-1) })]).toEqual([
      '',
      '',
      '',
    ]);
  });

  it('gives nothing to whose shift is over, though they stay online', () => {
    expect([words({ onShift: false }), words({ onShift: false, inRotation: false }), words({ onShift: true })]).toEqual([
      'not on shift',
      'not on shift',
      '',
    ]);
    expect([words({ shiftEndsAt: NOW.getTime() }), words({ shiftEndsAt: ago(1) }), words({ shiftEndsAt: ago(-1) })]).toEqual([
      'not on shift',
      'not on shift',
      '',
    ]);
  });

  it('lets nobody have more than their share of a window', () => {
    const policy = aPolicy({ fairness: { windowMinutes: 60, ticketsMax: 3 } });
    expect([words({}, policy, 2), words({}, policy, 3), words({}, aPolicy(), 300)]).toEqual(['', 'fairness cap', '']);
  });
});
