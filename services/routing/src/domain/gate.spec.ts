import { aPolicy, aTicket, anAgent } from '../../test/a-round.js';
import { absenceOf, NOT_NOW, OFFLINE, unmetSkill, whyNeverFits } from './gate.js';
import { requirementsAt } from './requirements.js';

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

  it('lets only agents take tickets who are online and in rotation', () => {
    expect(absenceOf(anAgent('a'))).toBe(0);
    expect(absenceOf(anAgent('a', { presence: 'offline' }))).toBe(OFFLINE);
    const words = (fields: Parameters<typeof anAgent>[1]) => NOT_NOW[absenceOf(anAgent('a', fields))];
    expect([words({ presence: 'offline' }), words({ presence: 'away' }), words({ inRotation: false })]).toEqual([
      'offline',
      'away',
      'out of rotation',
    ]);
  });
});
