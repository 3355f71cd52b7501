import { preview, recomputedBy, wordsFor } from './recomputed.ts';

const report = {
  bundle: 7,
  preview: true,
  done: true,
  tickets: 40,
  checked: 40,
  moved: 3,
  clocksMoved: 4,
  earlier: 3,
  later: 1,
  breachesAdded: 1,
  breachesWithdrawn: 2,
  examples: [{ ticketId: 't1', target: 'resolution' as const, instance: 1, from: '2026-11-26T10:00:00.000Z', to: null }],
  problems: ['policy old: calendar gone'],
  asOf: '2026-11-26T09:00:00.000Z',
};
const atOnce = { everyMs: 0, max: 3 };
/** Answers what the console would, one after the other; the last one for ever. */
const says = (...answers: object[]) => {
  const asked: string[] = [];
  const call = <Answer>(_method: string, path: string): Promise<Answer> => {
    asked.push(path);
    return Promise.resolve((answers.length > 1 ? answers.shift() : answers[0]) as Answer);
  };
  return { asked, call, preview: () => Promise.resolve({ requestId: 'r1', documents: ['sla-policy/standard'] }) };
};

it('says in words what moved, and what would', () => {
  expect(wordsFor(report)).toEqual([
    '4 clocks of 3 of 40 open tickets would move: 3 earlier, 1 later',
    '1 breach more',
    '2 breaches withdrawn',
    '  t1 resolution: 2026-11-26T10:00:00.000Z → no deadline',
    'problem: policy old: calendar gone',
  ]);
  const quiet = { ...report, preview: false, moved: 0, breachesAdded: 0, breachesWithdrawn: 0, examples: [], problems: [] };
  expect(wordsFor(quiet)).toEqual(['no clock of the 40 open tickets moved']);
});

it('shows how far a preview is, and then its report', async () => {
  const progress: string[] = [];
  const console_ = says({ report: null }, { report: { ...report, done: false, checked: 10 } }, { report });
  const { found, words } = await preview(console_, [], (line) => progress.push(line), atOnce);
  expect(progress).toEqual(['previewing sla-policy/standard', '10 of 40 open tickets looked at']);
  expect(found).toEqual({ documents: ['sla-policy/standard'], report });
  expect(words.at(-1)).toBe('nothing was applied');
  expect(new Set(console_.asked)).toEqual(new Set(['/configuration/previews/r1']));
});

it('says so when no clock follows what changes, and where to look when no report comes', async () => {
  const none = { ...says({}), preview: () => Promise.resolve({ requestId: null, documents: [] }) };
  expect((await preview(none, [], () => undefined, atOnce)).words).toEqual([expect.stringContaining('every clock stays as it is')]);
  await expect(preview(says({ report: null }), [], () => undefined, atOnce)).rejects.toThrow('/api/v1/configuration/previews/r1');
});

it('waits a bounded time for what an apply did', async () => {
  const other = { recomputations: [{ ...report, bundle: 6 }] };
  expect(await recomputedBy(says(other, { recomputations: [report] }), 7, atOnce)).toEqual(report);
  expect(await recomputedBy(says(other), 7, atOnce)).toBeUndefined();
});
