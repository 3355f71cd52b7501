import {
  ClocksChanged,
  ClocksRecomputed,
  ConsoleTopic,
  EscalationCanceled,
  NotificationFailed,
  NotificationSent,
  QueueOutlook,
  SlaBreached,
  SlaOutlook,
  TicketEscalated,
} from '@signalbox/contracts';
import { shoot } from './a-browser.js';
import { arrived, assignedTo, explainedClocks, inMinutes, repliedBy, solvedBy } from './the-desk.js';
import { seen, ThePage } from './the-page.js';

let desk: ThePage;
beforeAll(async () => {
  desk = await ThePage.open();
});
afterAll(() => desk?.close());
afterEach(() => desk.hasNoComplaints());

it('counts down by the clock of a rehearsal', async () => {
  const tomorrow = 24 * 60;
  const ticket = { ticketId: 'tomorrow', number: 1060, subject: 'Due in a rehearsal', text: 'When?', minutesAgo: 1 };
  await desk.twice(...arrived({ ...ticket, dueInMinutes: tomorrow + 31 }), assignedTo('tomorrow', 'ana'));
  const rehearsing = await desk.console.another({ SIGNALBOX_CLOCK_OFFSET_MS: String(tomorrow * 60_000) });
  const { url } = (await desk.console.call('POST', '/sign-in-links', desk.admin, { agentId: 'ana' })).body as { url: string };
  const page = await desk.browser.open(rehearsing.http + url);
  const row = page.getByRole('button').filter({ hasText: 'Due in a rehearsal' });
  await row.getByText(/^(30|31) min left$/).waitFor();
  await page.context().close();
  await rehearsing.close();
});

it('explains by keyboard how the clocks come about, and again when they change', async () => {
  const page = await desk.signIn('ana');
  const ticketId = 'explained';
  const ticket = { ticketId, number: 1061, subject: 'Where does the deadline come from', text: 'Why?', minutesAgo: 400 };
  const versions = { policy: { name: 'standard', version: 3 }, calendar: { name: 'office', version: 2 } };
  const clock = { target: 'resolution', instance: 1, startedAt: inMinutes(-400), breachedAt: null, stoppedAt: null } as const;
  const internal = {
    ...clock,
    target: 'internal',
    queueId: 'billing',
    status: 'running',
    dueAt: inMinutes(30),
    targetMinutes: 90,
  } as const;
  const running = { ...clock, status: 'running', dueAt: inMinutes(90), targetMinutes: 300 } as const;
  const changed = (...clocks: ClocksChanged['data']['clocks']) => ClocksChanged(ticketId, { clocks, ...versions });
  await desk.twice(...arrived(ticket), assignedTo(ticketId, 'ana'), changed(running, internal));
  await page.goto(`${desk.console.service.http}/tickets/${ticketId}`);
  const clocks = page.getByRole('region', { name: 'Clocks' });
  await clocks.getByText('Internal, Billing and contracts').waitFor();
  await page.getByRole('heading', { name: /Where does the deadline/ }).waitFor();
  await page.keyboard.press('e');
  const dialog = page.getByRole('dialog', { name: /Clocks of/ });
  await dialog.getByText('Asking how its clocks come about…').waitFor();
  const asked = (nth: number) =>
    seen(() => desk.console.stack.eventsAbout(ticketId, ConsoleTopic).filter(({ type }) => type === 'ExplainClocksRequested')[nth]);
  await desk.twice(explainedClocks(ticketId, (await asked(0)).id));
  await dialog.getByRole('img', { name: /Resolution: started .*, due .*, 3 h 30 min counted/ }).waitFor();
  await dialog.getByText(/^in (11|12) min$/).waitFor();
  await dialog.getByText('the internal target of billing is breached').waitFor();
  expect(await dialog.getByText('standard@3, office@2').count()).toBe(3);
  await dialog.getByText('5 stretches').click();
  expect(await dialog.getByRole('row').filter({ visible: true }).allInnerTexts()).toEqual([
    expect.stringMatching(/^From\tTo\tWhy\tCounted/),
    expect.stringMatching(/open hours\t1 h 40 min$/),
    expect.stringMatching(/closed\t–$/),
    expect.stringMatching(/open hours\t50 min$/),
    expect.stringMatching(/waiting for the customer\t–$/),
    expect.stringMatching(/open hours\t1 h$/),
  ]);
  await shoot(page, 'clocks');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'clocks-dark');
  await page.setViewportSize({ width: 420, height: 900 });
  await shoot(page, 'clocks-phone');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  await desk.twice(changed({ ...running, status: 'paused', dueAt: null }, internal));
  await desk.twice(explainedClocks(ticketId, (await asked(1)).id));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await clocks.getByText(/^paused since .*\d\d:\d\d/).waitFor();
  await desk.twice(solvedBy(ticketId, 'ana'));
  await page.context().close();
});

it('shows which levels fired and who was told, and lets a supervisor stop the chain', async () => {
  const ticketId = 'escalated';
  const ticket = { ticketId, number: 1062, subject: 'Third time I write', text: 'Still nothing.', minutesAgo: 500, dueInMinutes: -20 };
  const level = { level: 2, cause: 'due' as const, target: 'resolution' as const };
  const told = (notificationId: string, via: 'console' | 'webhook', to: string) => ({ notificationId, ...level, via, to });
  await desk.twice(
    ...arrived(ticket),
    assignedTo(ticketId, 'ana'),
    TicketEscalated(ticketId, {
      level: 1,
      cause: 'declines',
      explanation: 'declined 3 times, policy says from 3',
      addSkills: { seniority: 3 },
      notify: ['owner', 'role:supervisor', 'agent:ben'],
      heldUntil: inMinutes(300),
      escalatedAt: inMinutes(-200),
    }),
    TicketEscalated(ticketId, {
      ...level,
      explanation: 'level 2: 60 min before the resolution deadline (480 min)',
      raisePriorityTo: 'urgent',
      offerRescue: true,
      notify: ['role:supervisor', 'webhook:pager'],
      recipients: [
        { via: 'console', to: 'sue', because: 'role supervisor' },
        { via: 'webhook', to: 'pager', because: 'the policy names it' },
      ],
      escalatedAt: inMinutes(-30),
      lateMs: 95_000,
    }),
    NotificationSent(ticketId, { ...told('n1', 'console', 'sue'), sentAt: inMinutes(-29) }),
    NotificationFailed(ticketId, {
      ...told('n2', 'webhook', 'pager'),
      reason: 'HTTP 503 five times',
      final: true,
      failedAt: inMinutes(-20),
    }),
  );
  const page = await desk.signIn('sue');
  await page.getByText('Sue Hartwell').waitFor();
  await page.goto(`${desk.console.service.http}/tickets/${ticketId}`);
  const escalation = page.getByRole('region', { name: 'Escalation' });
  const [second, first] = [escalation.getByRole('listitem').filter({ hasText: 'Level 2' }), escalation.getByText('Level 1')];
  await second.getByText('said 1 min late').waitFor();
  await second.getByText('Asked for: priority urgent, somebody who can begin it sooner').waitFor();
  await second.getByText('not told: HTTP 503 five times').waitFor();
  await first.waitFor();
  await escalation.getByText(/Quiet hours: held until .*, then for owner, role supervisor, Ben /).waitFor();
  await shoot(page, 'escalations');
  await escalation.getByRole('button', { name: 'Stop escalating' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: /Stop escalating/ });
  const reason = 'on the phone with them';
  expect(await dialog.getByRole('button', { name: 'Stop escalating' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill(reason);
  await shoot(page, 'stop-escalating');
  await desk.answered(
    page,
    () => page.keyboard.press('Enter'),
    () => EscalationCanceled(ticketId, { byAgentId: 'sue', reason, canceledAt: inMinutes(0) }),
  );
  await escalation.getByText(new RegExp(`^Stopped by Sue Hartwell .*: ${reason}$`)).waitFor();
  expect(await escalation.getByRole('button').count()).toBe(0);
  const agent = await desk.signIn('ana');
  await agent.getByText('Ana Brandtner').waitFor();
  await agent.goto(`${desk.console.service.http}/tickets/${ticketId}`);
  await agent.getByRole('region', { name: 'Escalation' }).getByText('Level 2', { exact: true }).waitFor();
  expect(await agent.getByRole('button', { name: 'Stop escalating' }).count()).toBe(0);
  await desk.twice(solvedBy(ticketId, 'ana'));
  await Promise.all([page, agent].map((one) => one.context().close()));
});

it('shows a supervisor what was promised and kept, and why not', async () => {
  const clock = { instance: 1, startedAt: inMinutes(-300), targetMinutes: 60 };
  const said = (ticketId: string, ...clocks: ClocksChanged['data']['clocks']) =>
    ClocksChanged(ticketId, { clocks, policy: { name: 'standard', version: 1 }, calendar: { name: 'office', version: 1 } });
  const at = (minutes: number) => ({ dueAt: inMinutes(-minutes), breachedAt: inMinutes(-minutes) });
  for (const nth of Array.from({ length: 12 }, (_, index) => index)) {
    const ticketId = `report-${nth}`;
    const reasons = ['waited-in-queue', 'no-staff', 'silent-owner', 'customer-pause'] as const;
    const ticket = {
      ticketId,
      number: 2000 + nth,
      subject: 'Reported',
      text: 'x',
      minutesAgo: 300,
      category: nth % 3 === 0 ? 'battery' : 'refund',
    };
    const reason = reasons[Math.floor(nth / 3)]!;
    const missed = { target: 'firstResponse' as const, instance: 1, dueAt: inMinutes(-240), breachedAt: inMinutes(-240), reason };
    const metLate = {
      ...clock,
      target: 'firstResponse' as const,
      ...at(240),
      status: 'met-late' as const,
      stoppedAt: inMinutes(-240 + nth * 9),
    };
    const met = {
      ...clock,
      target: 'firstResponse' as const,
      dueAt: inMinutes(-10),
      breachedAt: null,
      status: 'met' as const,
      stoppedAt: inMinutes(-20),
    };
    const open = { ...clock, target: 'resolution' as const, ...at(30 + nth), status: 'breached' as const, stoppedAt: null };
    const kept = {
      ...clock,
      target: 'resolution' as const,
      dueAt: inMinutes(-5),
      breachedAt: null,
      status: 'met' as const,
      stoppedAt: inMinutes(-6),
    };
    await desk.console.stack.publish(
      ...arrived(ticket),
      ...(nth % 4 === 0 ? [SlaBreached(ticketId, missed), said(ticketId, metLate, open)] : [said(ticketId, met, kept)]),
      repliedBy(ticketId, 'ana', `${ticketId}-m`, 'x'),
      solvedBy(ticketId, 'ana'),
    );
  }
  await desk.console.stack.settled();
  const page = await desk.signIn('sue');
  await page.getByRole('row', { name: /Billing and contracts/ }).waitFor();
  await page.keyboard.press('p');
  const kept = page.getByRole('region', { name: 'Promises kept' });
  const battery = kept.getByRole('row', { name: /Workshop and electronics First response/ });
  await battery.getByText('waited in queue 1').waitFor();
  const moved = { tickets: 6, checked: 2, moved: 1, clocksMoved: 1, earlier: 1, later: 0, breachesAdded: 0, breachesWithdrawn: 0 };
  const recomputed = { ...moved, bundle: 2, preview: false, done: false, examples: [], problems: [], asOf: inMinutes(0) };
  const applied = page.getByRole('region', { name: 'Policies and calendars applied' });
  await desk.twice(ClocksRecomputed('bundle-2', recomputed));
  await applied.getByText('2 of 6…').waitFor();
  await desk.twice(
    ClocksRecomputed('bundle-2', { ...recomputed, checked: 6, done: true, moved: 3, earlier: 1, later: 2, breachesWithdrawn: 1 }),
  );
  await applied.getByText('2 of 6…').waitFor({ state: 'detached' });
  await page
    .getByRole('region', { name: /Service level/ })
    .getByRole('row', { name: /Billing and contracts/ })
    .waitFor();
  await shoot(page, 'reports');
  await page.getByRole('button', { name: 'Agent' }).press('Enter');
  await kept.getByRole('row', { name: /nobody First response/ }).waitFor();
  await page.getByLabel('Window').selectOption('last 30 days');
  await kept.getByRole('row', { name: /nobody First response/ }).waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 1024, height: 768 });
  await shoot(page, 'reports-dark-narrow');
  await page.context().close();
});

it('warns a supervisor of what cannot be kept, and shows old sayings as old', async () => {
  const pace = { waiting: 2, agents: 1, arrivalsPerHour: 6, beginningsPerHour: 3.5, workMinutes: 25, horizonMinutes: 480 };
  const ticket = {
    ticketId: 'hopeless',
    number: 1063,
    subject: 'Needed by noon',
    text: 'Please.',
    minutesAgo: 30,
    category: 'battery',
    dueInMinutes: 25,
  };
  const basis = { minutes: 45, tickets: 30, of: 'category' as const };
  const outlook = {
    target: 'firstResponse' as const,
    instance: 1,
    dueAt: inMinutes(25),
    willBreach: true,
    expectedAt: inMinutes(45),
    basis,
  };
  await desk.twice(
    ...arrived(ticket),
    SlaOutlook('hopeless', { ...outlook, asOf: inMinutes(0) }),
    QueueOutlook('technical', { ...pace, breachInMinutes: 12.5, ticketId: 'hopeless', asOf: inMinutes(0) }),
    QueueOutlook('billing', { ...pace, agents: 3, breachInMinutes: 240, asOf: inMinutes(-20) }),
    QueueOutlook('general', { ...pace, agents: 2, breachInMinutes: null, asOf: inMinutes(0) }),
  );
  const page = await desk.signIn('sue');
  const row = page.getByRole('row', { name: /Workshop and electronics/ });
  await row.getByText(/^in 12 min$/).waitFor();
  await row.getByText('1 online · 6/h in · 3.5/h begun').waitFor();
  expect(await row.locator('.soon-breached').count()).toBe(1);
  await page
    .getByRole('row', { name: /Billing/ })
    .getByText(/^as of .*\d\d:\d\d/)
    .waitFor();
  const waiting = page.getByRole('button', { name: /Needed by noon/ });
  await waiting.getByText(/^cannot make it: expected .*\d\d:\d\d/).waitFor();
  await shoot(page, 'outlook');
  // Live, without anybody touching the page.
  await desk.twice(QueueOutlook('technical', { ...pace, breachInMinutes: 50, asOf: inMinutes(0) }));
  await row.getByText(/^in (49|50) min$/).waitFor();
  expect(await row.locator('.soon-breached').count()).toBe(0);
  await waiting.click();
  await page.getByRole('heading', { name: /Needed by noon/ }).waitFor();
  await page
    .locator('.facts')
    .getByText(/^cannot make it: expected .*\d\d:\d\d/)
    .waitFor();
  await desk.twice(SlaOutlook('hopeless', { ...outlook, asOf: inMinutes(-10) }));
  await page
    .locator('.facts')
    .getByText(/, as of .*\d\d:\d\d/)
    .waitFor();
  await shoot(page, 'outlook-old');
  await desk.twice(SlaOutlook('hopeless', { ...outlook, willBreach: false, asOf: inMinutes(0) }));
  await page.getByText(/cannot make it/).waitFor({ state: 'detached' });
  await desk.twice(solvedBy('hopeless', 'ana'));
  await page.context().close();
});

it('tells a supervisor quietly of an escalation, live, until it is dismissed', async () => {
  const page = await desk.signIn('sue');
  await page.getByText('Sue Hartwell').waitFor();
  await desk.twice(
    ...['first', 'second'].flatMap((ticketId, nth) => [
      ...arrived({
        ticketId: `noted-${ticketId}`,
        number: 1064 + nth,
        subject: `Promised for today, ${ticketId}`,
        text: 'x',
        minutesAgo: 100,
      }),
      TicketEscalated(`noted-${ticketId}`, {
        level: nth + 1,
        cause: 'due',
        target: 'resolution',
        explanation: `level ${nth + 1}: 60 min before the resolution deadline (480 min)`,
        notify: ['role:supervisor'],
        recipients: [{ via: 'console', to: 'sue', because: 'role supervisor' }],
        escalatedAt: inMinutes(-nth),
      }),
    ]),
  );
  await page.getByRole('button', { name: /^\d+ notices$/ }).press('Enter');
  const list = page.getByRole('region', { name: 'Notices' });
  await list.getByText('Promised for today, second').waitFor();
  await shoot(page, 'notices');
  await list.getByRole('button', { name: /Dismiss .*first/ }).press('Enter');
  await list.getByText('Promised for today, first').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: /^\d+ notices?$/ }).press('Enter');
  await list.getByRole('button', { name: /^#1065/ }).click();
  await page.getByRole('heading', { name: /Promised for today, second/ }).waitFor();
  await list.waitFor({ state: 'hidden' });
  await desk.twice(solvedBy('noted-first', 'ana'), solvedBy('noted-second', 'ana'));
  await page.getByRole('button', { name: /notice/ }).waitFor({ state: 'detached' });
  await page.context().close();
});
