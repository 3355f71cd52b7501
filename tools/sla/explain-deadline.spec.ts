import { explainDeadline } from '@signalbox/sla-escalation/domain';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WrongUse } from '../decisions/findings.ts';
import { explainedDeadline } from './explain-deadline.ts';

/** The command itself, as npm runs it, far from any Signalbox. */
function explain(parameters: readonly string[], input?: string): { status: number | null; stdout: string; stderr: string } {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return spawnSync(process.execPath, ['--no-warnings', 'tools/cli.ts', 'explain-deadline', ...parameters], {
    encoding: 'utf8',
    env: { ...rest, SIGNALBOX_STATE_DIR: folder, KAFKA_BROKERS: undefined },
    input,
  });
}

const folder = mkdtempSync(join(tmpdir(), 'explain-deadline-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, content: string | object): string => {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};

/** The example of the issue, with its gaps filled. */
const example = {
  calendar: {
    timeZone: 'Europe/Berlin',
    week: { mon: [['09:00', '12:30'], ['13:30', '18:00']], tue: [['09:00', '18:00']] }, // prettier-ignore
    holidays: ['2026-12-25'],
    extraOpen: { '2026-12-27': [['10:00', '14:00']] },
  },
  policy: {
    hours: 'business',
    targets: {
      firstResponse: { urgent: 30, high: 60, normal: 240, low: 480 },
      nextReply: { normal: 240 },
      resolution: { urgent: 240, high: 480, normal: 1440, low: 2880 },
    },
    resolution: 'total',
    pauseOn: ['pending', 'on-hold'],
    pauseMinutesMax: null,
  },
  events: [
    { at: '2026-11-27T16:10:00Z', type: 'received', priority: 'normal' },
    { at: '2026-11-30T08:30:00Z', type: 'priority', value: 'high' },
    { at: '2026-11-30T09:00:00Z', type: 'status', value: 'pending' },
    { at: '2026-11-30T10:00:00Z', type: 'customer-replied' },
    { at: '2026-11-30T10:30:00Z', type: 'agent-replied', by: 'human' },
    { at: '2026-11-30T10:45:00Z', type: 'note' },
    { at: '2026-11-30T11:00:00Z', type: 'status', value: 'solved' },
    { at: '2026-11-30T14:00:00Z', type: 'reopened' },
  ],
  now: '2026-12-01T09:00:00Z',
};
const received = '2026-11-27T16:10:00.000Z';
const segment = (from: string, to: string, why: string): object => ({ from, to, counted: why === 'open hours', why });

/** Calculated by hand. In Berlin it is an hour later than the instants say. */
const clocks = [
  {
    target: 'firstResponse',
    instance: 1,
    status: 'met-late',
    startedAt: received,
    dueAt: '2026-11-30T09:00:00.000Z',
    breachedAt: '2026-11-30T09:00:00.000Z',
    stoppedAt: '2026-11-30T10:30:00.000Z',
    targetMinutes: 60,
    spentMinutes: 150,
    segments: [
      segment(received, '2026-11-30T08:00:00.000Z', 'closed'),
      segment('2026-11-30T08:00:00.000Z', '2026-11-30T10:30:00.000Z', 'open hours'),
    ],
  },
  {
    target: 'resolution',
    instance: 1,
    status: 'breached',
    startedAt: received,
    dueAt: '2026-12-01T09:00:00.000Z',
    breachedAt: '2026-12-01T09:00:00.000Z',
    stoppedAt: null,
    targetMinutes: 480,
    spentMinutes: 480,
    segments: [
      segment(received, '2026-11-30T08:00:00.000Z', 'closed'),
      segment('2026-11-30T08:00:00.000Z', '2026-11-30T09:00:00.000Z', 'open hours'),
      segment('2026-11-30T09:00:00.000Z', '2026-11-30T10:00:00.000Z', 'pending'),
      segment('2026-11-30T10:00:00.000Z', '2026-11-30T11:30:00.000Z', 'open hours'),
      segment('2026-11-30T11:30:00.000Z', '2026-11-30T12:30:00.000Z', 'closed'),
      segment('2026-11-30T12:30:00.000Z', '2026-11-30T17:00:00.000Z', 'open hours'),
      segment('2026-11-30T17:00:00.000Z', '2026-12-01T08:00:00.000Z', 'closed'),
      segment('2026-12-01T08:00:00.000Z', '2026-12-01T09:00:00.000Z', 'open hours'),
    ],
  },
];

describe('npm run signalbox -- explain-deadline', () => {
  it('answers with the clocks as JSON and nothing else, from a file or from what comes in', () => {
    const { status, stdout, stderr } = explain([write('case.json', example), '--json']);
    expect({ status, stderr, answer: JSON.parse(stdout) as unknown }).toEqual({ status: 0, stderr: '', answer: { clocks } });
    // What this process reads is source, what that one reads is built: they must be of one age.
    expect(explainDeadline(example)).toEqual({ clocks });
    expect(explain(['-', '--json'], JSON.stringify(example))).toMatchObject({ status: 0, stdout });
  });

  it('tells them in the time of the calendar’s zone, as the page shows', () => {
    const { status, stdout } = explain([write('words.json', example)]);
    const shown = /```\n(firstResponse[\s\S]*?)```/.exec(readFileSync('docs/sla.md', 'utf8'))![1]!;
    expect(status).toBe(0);
    expect(stdout).toContain('in the time of Europe/Berlin, as of Tue 2026-12-01 10:00:00+01:00\n');
    expect(stdout).toContain(shown);
  });

  it('tells of a pause, and of a ticket without clocks', () => {
    const paused = { ...example, now: '2026-11-30T09:30:00Z' };
    expect(explain(['-'], JSON.stringify(paused)).stdout).toMatch(/resolution 1: paused\n.*\n {2}due +not while it is paused\n/);
    const none = { ...example, policy: { hours: 'calendar', targets: {} }, calendar: undefined };
    expect(explain(['-'], JSON.stringify(none))).toMatchObject({ status: 0, stdout: expect.stringContaining('no clocks') as string });
  });

  it('names what it passes over, and answers all the same', () => {
    const [first, ...others] = example.events;
    const annotated = { ...example, why: 'asked by phone', events: [{ ...first, prioritty: 'urgent' }, ...others] };
    const { status, stdout, stderr } = explain(['-', '--json'], JSON.stringify(annotated));
    expect({ status, answer: JSON.parse(stdout) as unknown }).toEqual({ status: 0, answer: { clocks } });
    expect(stderr).toBe(
      "the case: 'why' means nothing; there are calendar, policy, events, now\n" +
        "events.0: 'prioritty' means nothing; there are at, type, priority\n",
    );
  });

  it('ends with 2 and a line for each reason when it cannot', () => {
    const wrong = (parameters: readonly string[], input?: string): string => {
      const { status, stdout, stderr } = explain(parameters, input);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      return stderr;
    };
    expect(wrong(['missing.json'])).toMatch(/^missing\.json: cannot be read: ENOENT/);
    expect(wrong(['-'], ' '.repeat(5_000_001))).toBe('-: has over 5 MB; a case has at most that\n');
    expect(wrong(['-', '--jsn'], '{}')).toMatch(/^Unknown option '--jsn'/);
    const mistaken = { ...example, calendar: { ...example.calendar, timeZone: 'Europe/Berlinn' }, now: 'noon' };
    expect(wrong(['-', '--json'], JSON.stringify(mistaken))).toBe(
      `calendar.timeZone: expected an IANA time zone such as Europe/Berlin, not "Europe/Berlinn"\n` +
        `now: expected an instant such as '2026-11-27T16:10:00Z', not "noon"\n`,
    );
  });

  it.each([
    [[], /^explain-deadline needs one file, or - for what comes in; 0 were given/],
    [['a.json', 'b.json'], /2 were given/],
    [[folder], /cannot be read: EISDIR/],
    [[write('half.json', '{"events": [')], /half\.json: is not JSON: /],
  ])('refuses %j', async (files, words) => {
    const refusal = explainedDeadline(files).catch((error: unknown) => error);
    expect(await refusal).toBeInstanceOf(WrongUse);
    expect(await refusal).toMatchObject({ message: expect.stringMatching(words) as string });
  });
});
