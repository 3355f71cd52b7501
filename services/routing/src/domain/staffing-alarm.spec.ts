import { StaffingAlarm, type Overdue } from './staffing-alarm.js';

const NOW = Date.parse('2026-11-24T09:00:00Z');
const at = (minutes: number): Date => new Date(NOW + minutes * 60_000);
const short = (domain: string, tickets = 3): Overdue => ({
  domain,
  tickets,
  oldestTicketId: 't-1',
  since: at(-45),
  reasons: ['accounting below 3', 'no room'],
});

describe('the staffing alarm', () => {
  it('is raised when tickets stay past their maximum age, again while that lasts, and taken back', () => {
    const alarm = new StaffingAlarm();
    for (let nth = 0; nth < 5; nth += 1) expect(alarm.look([short('default')], at(0))).toEqual([]);
    const [first, ...others] = alarm.look([short('default')], at(1));
    expect(first).toMatchObject({ alarm: true });
    expect(first!.text).toMatch(/domain 'default': 3 tickets .* t-1, for 46 minutes: accounting below 3, no room\. .*staffing-gap/);
    expect(others).toEqual([]);
    expect(alarm.look([short('default')], at(10))).toEqual([]);
    expect(alarm.look([short('default')], at(11))).toMatchObject([{ alarm: true }]);
    expect(alarm.look([], at(12))).toMatchObject([{ alarm: false }]);
    expect(alarm.look([], at(13))).toEqual([]);
  });

  it('says nothing of a moment, and of each domain by itself', () => {
    const alarm = new StaffingAlarm();
    for (let nth = 0; nth < 5; nth += 1) expect(alarm.look([short('default')], at(0))).toEqual([]);
    for (let nth = 0; nth < 5; nth += 1) expect(alarm.look([short('bank')], at(1))).toEqual([]);
    expect(alarm.look([short('default'), short('bank')], at(2))).toMatchObject([{ text: expect.stringContaining("'bank'") }]);
  });
});
