import { AgentsTopic, PresenceReported, type AgentState } from '@signalbox/contracts';
import { OwnerSilenceTimer } from '../src/owner-silence.timer.js';
import { ShiftChangeTimer } from '../src/shift-change.timer.js';
import { ShiftEndTimer } from '../src/shift-end.timer.js';
import { aCompany, anAgent, aQueue, Company, presence, proposed, received } from './company.js';

const DAY_MS = 86_400_000;
/** The midnight after the coming Monday. */
const midnight = (() => {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const weekday = new Date(today).getUTCDay();
  return today + ((8 - weekday) % 7) * DAY_MS + DAY_MS;
})();
const at = (time: string): number => midnight + Date.parse(`1970-01-01T${time}Z`);

let company: Company;
/** The same service on the same rows, at another time. */
const continueAt = async (instant: number): Promise<void> => {
  await company.service.close();
  await company.start(instant - Date.now());
};
const states = (agentId: string) => (company.stack.eventsAbout(agentId, AgentsTopic) as unknown as AgentState[]).map(({ data }) => data);
const shiftOf = (agentId: string) => {
  const { onShift, shiftEndsAt } = states(agentId).at(-1)!;
  return [onShift, shiftEndsAt];
};
const followTwice = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn += 1) await company.service.app.get(ShiftChangeTimer).followDue();
  await company.stack.settled();
};

beforeAll(async () => {
  company = await Company.open();
  await continueAt(at('00:00') - 10 * 60_000);
  await company.apply([
    aCompany(),
    aQueue({ atShiftEnd: { web: 'hand-over' }, ownerSilentMinutes: 120, ownerSilentReleaseMinutes: 180 }),
    anAgent('day', { shift: { timeZone: 'UTC', week: { mon: [['09:00', '24:00']], wed: [['09:00', '17:00']] } } }),
    anAgent('night', { shift: { timeZone: 'UTC', week: { mon: [['22:00', '24:00']], tue: [['00:00', '06:00']] } } }),
    anAgent('free'),
    anAgent('office', { shift: { timeZone: 'UTC', week: { wed: [['16:00', '18:00']], thu: [['09:00', '17:00']] } } }),
  ]);
});
afterAll(() => company.close());

it('says that a shift is over though nothing else changes, and takes hours that meet at midnight for one', async () => {
  await company.tell(presence('day'), presence('night'), presence('free'), received('t-day'), received('t-night'));
  await company.tell(proposed('t-day', 'day'), proposed('t-night', 'night'));
  const six = new Date(at('06:00')).toISOString();
  expect([shiftOf('day'), shiftOf('night'), shiftOf('free')]).toEqual([
    [true, new Date(midnight).toISOString()],
    [true, six],
    [undefined, null],
  ]);
  const before = states('day').length;

  await continueAt(at('00:20'));
  await followTwice();
  expect([shiftOf('day'), shiftOf('night')]).toEqual([
    [false, null],
    [true, six],
  ]);
  expect(states('day')).toHaveLength(before + 1);
  await company.service.app.get(ShiftEndTimer).endDue();
  await company.stack.settled();
  expect([company.typesSaid('t-day'), company.typesSaid('t-night')]).toEqual([['TicketAssigned', 'HandOverListed'], ['TicketAssigned']]);
});

it('lets who chooses Online after their shift work on, and a repeated report change nothing', async () => {
  const [leaseUntil, reportedAt] = [new Date(at('00:00') + 30 * DAY_MS).toISOString(), new Date(at('00:21')).toISOString()];
  const report = (chosen?: boolean) => PresenceReported('day', { presence: 'online', leaseUntil, reportedAt, ...(chosen && { chosen }) });
  await company.tell(report());
  expect(shiftOf('day')).toEqual([false, null]);
  await company.tell(report(true));
  expect(shiftOf('day')).toEqual([true, null]);
  await continueAt(at('09:00') + DAY_MS);
  await followTwice();
  expect(shiftOf('day')).toEqual([true, new Date(at('17:00') + DAY_MS).toISOString()]);
});

it('looks at the open tickets again when the overtime ends', async () => {
  const report = (chosen: 'online' | 'offline') =>
    PresenceReported('day', {
      presence: chosen,
      leaseUntil: new Date(at('00:00') + 30 * DAY_MS).toISOString(),
      reportedAt: new Date(at('18:00') + DAY_MS).toISOString(),
      chosen: true,
    });
  await continueAt(at('18:00') + DAY_MS);
  await followTwice();
  await company.tell(report('online'), received('t-late'));
  await company.service.app.get(ShiftEndTimer).endDue();
  await company.tell(proposed('t-late', 'day'));
  expect(company.typesSaid('t-late')).toEqual(['TicketAssigned']);
  await company.tell(report('offline'));
  await company.stack.query('assignment', `update agent set offline_since = null where agent_id = 'day'`);
  await continueAt(at('18:20') + DAY_MS);
  await company.service.app.get(ShiftEndTimer).endDue();
  await company.stack.settled();
  expect(company.typesSaid('t-late')).toEqual(['TicketAssigned', 'HandOverListed']);
});

it('counts the silence of an owner in their own shift', async () => {
  const silenceLooksAt = async (instant: number): Promise<string[]> => {
    await continueAt(instant);
    for (let turn = 0; turn < 2; turn += 1) await company.service.app.get(OwnerSilenceTimer).breakDue();
    await company.stack.settled();
    return company.typesSaid('t-office');
  };
  // Wednesday at 17:00, an hour before the shift ends; the other hour to the reminder is Thursday's first.
  await continueAt(at('17:00') + DAY_MS);
  const leaseUntil = new Date(at('00:00') + 30 * DAY_MS).toISOString();
  await company.tell(
    PresenceReported('office', { presence: 'online', leaseUntil, reportedAt: new Date(at('17:00') + DAY_MS).toISOString() }),
    received('t-office'),
  );
  await company.tell(proposed('t-office', 'office'));
  expect(await silenceLooksAt(at('09:59') + 2 * DAY_MS)).toEqual(['TicketAssigned']);
  expect(await silenceLooksAt(at('10:10') + 2 * DAY_MS)).toEqual(['TicketAssigned', 'OwnerSilent']);
  expect(await silenceLooksAt(at('11:10') + 2 * DAY_MS)).toEqual(['TicketAssigned', 'OwnerSilent', 'TicketReleased']);
  expect(company.said('t-office').at(-1)).toMatchObject({ data: { why: 'owner-silent', ticket: { excludedAgentIds: ['office'] } } });
});
