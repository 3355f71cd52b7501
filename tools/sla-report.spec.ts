import { slaReport, wordsFor } from './sla-report.ts';

const report = {
  from: '2026-11-19T00:00:00.000Z',
  to: '2026-11-26T00:00:00.000Z',
  by: 'queue',
  withinMinutes: 60,
  leftOut: 0,
  groups: [
    {
      title: 'Billing',
      target: 'firstResponse',
      total: 6,
      metLate: 3,
      breached: 0,
      metShare: 0.5,
      lateMinutesMedian: 30,
      lateMinutesP90: 86.2,
      reasons: { 'waited-in-queue': 2, 'no-staff': 1 },
    },
  ],
  serviceLevels: [{ title: 'Billing', replied: 3, abandoned: 2, deflected: 1, serviceLevel: 2 / 3, serviceLevel2: null }],
};

it('says in aligned words what was kept, and why not', () => {
  expect(wordsFor(report)).toEqual([
    'promises kept, 2026-11-19T00:00:00.000Z – 2026-11-26T00:00:00.000Z',
    '  queue    promise        kept  of  met late  open  late, median  late, 90 %  why not kept',
    '  Billing  firstResponse  50 %  6   3         0     30 min        86 min      waited-in-queue 2, no-staff 1',
    '',
    "service level: a person's first reply within 60 min",
    '  queue    SL    SL2  answered  given up  automatic answers',
    '  Billing  67 %  –    3         2         1',
  ]);
});

it('says so where there was nothing', () => {
  expect(wordsFor({ ...report, groups: [], serviceLevels: [] })).toContain('  nothing in this window');
});

it('asks for nothing but what it was given', async () => {
  const asked: string[] = [];
  const call = <Answer>(_method: string, path: string): Promise<Answer> => {
    asked.push(path);
    return Promise.resolve(report as Answer);
  };
  await slaReport({ call }, { from: undefined, to: '2026-11-26T00:00:00Z', by: 'agent', withinMinutes: '30' });
  expect(asked).toEqual(['/reports/sla?to=2026-11-26T00%3A00%3A00Z&by=agent&withinMinutes=30']);
});
