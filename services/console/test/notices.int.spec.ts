import { NotificationSent, TicketEscalated, type Draft } from '@signalbox/contracts';
import { COMPANY } from './company.js';
import { assigned, enriched, nine, offered, proposed, received, solved, type TicketFields } from './the-story.js';
import { TheConsole, tokenFor } from './the-console.js';

let console_: TheConsole;
let ana: string;
let ben: string;
let sue: string;
const twice = async (...events: Draft[]) => {
  await console_.stack.publish(...events, ...events);
  await console_.stack.settled();
};
interface Row {
  readonly noticeId: number;
  readonly level: number;
}
const notices = async (token: string): Promise<Row[]> => (await console_.call('GET', '/notices', token)).body.notices;
const dismiss = (noticeId: number | string, token: string) => console_.call('DELETE', `/notices/${noticeId}`, token);
const ticket: TicketFields = { ticketId: 'noted', number: 8001 };
const level = (nth: number) => ({ level: nth, cause: 'due' as const, target: 'resolution' as const });
const escalated = (nth: number, to: readonly string[], more: Partial<TicketEscalated['data']> = {}): Draft =>
  TicketEscalated('noted', {
    ...level(nth),
    explanation: `level ${nth}`,
    notify: [],
    recipients: to.map((agentId) => ({ via: 'console', to: agentId, because: 'policy' })),
    escalatedAt: nine,
    ...more,
  });

beforeAll(async () => {
  console_ = await TheConsole.start();
  [ana, ben, sue] = (await Promise.all([tokenFor('ana', 'agent'), tokenFor('ben', 'agent'), tokenFor('sue', 'supervisor')])) as [
    string,
    string,
    string,
  ];
  await console_.call('POST', '/configuration', await tokenFor('the-first-admin', 'admin'), { documents: COMPANY });
  await twice(received(ticket), enriched(ticket), proposed(ticket), offered(ticket), assigned(ticket));
});
afterAll(() => console_.stop());

it('tells everybody their own, once, and what is held when it is sent', async () => {
  await twice(
    escalated(1, ['ana', 'sue']),
    NotificationSent('noted', { notificationId: 'n1', ...level(1), via: 'console', to: 'ana', sentAt: nine }),
    escalated(2, ['sue'], { heldUntil: '2026-11-21T07:00:00.000Z' }),
  );
  expect(await notices(ana)).toMatchObject([
    { ...level(1), ticketId: 'noted', explanation: 'level 1', ticket: { number: 8001, subject: 'Charged twice' }, at: nine },
  ]);
  expect(await notices(sue)).toMatchObject([level(1)]);
  expect(await notices(ben)).toEqual([]);
  await twice(NotificationSent('noted', { notificationId: 'n2', ...level(2), via: 'console', to: 'sue', sentAt: nine }));
  expect(await notices(sue)).toMatchObject([level(2), level(1)]);
});

it('shows nothing of a ticket to somebody it is not theirs to see', async () => {
  await twice(escalated(3, ['ben']));
  expect(await notices(ben)).toMatchObject([{ ...level(3), ticket: null }]);
});

it('is dismissed by its reader alone, and does not come back', async () => {
  const [first] = await notices(ana);
  expect(await dismiss(first!.noticeId, sue)).toMatchObject({ status: 404 });
  expect(await dismiss('soon', ana)).toMatchObject({ status: 400 });
  expect(await dismiss(first!.noticeId, ana)).toMatchObject({ status: 204 });
  expect(await dismiss(first!.noticeId, ana)).toMatchObject({ status: 204 });
  expect(await notices(ana)).toEqual([]);
  await twice(NotificationSent('noted', { notificationId: 'again', ...level(1), via: 'console', to: 'ana', sentAt: nine }));
  await console_.restart(true);
  await console_.stack.settled();
  expect(await notices(ana)).toEqual([]);
});

it('keeps a bounded number, the newest of them, and none of a ticket that is over', async () => {
  const many = Array.from({ length: 60 }, (_, nth) => escalated(nth + 10, ['sue']));
  await twice(...many);
  const shown = await notices(sue);
  expect(shown).toHaveLength(50);
  expect(shown[0]).toMatchObject(level(69));
  await twice(solved(ticket));
  expect(await notices(sue)).toEqual([]);
});
