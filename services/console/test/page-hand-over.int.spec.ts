import {
  type AssignmentProposed,
  ConsoleTopic,
  ConsultEnded,
  ConsultStarted,
  NextAnswered,
  OfferMade,
  StatusChanged,
  TicketAssigned,
  TicketMerged,
  TicketMergedIn,
  TicketReleased,
  TicketTransferred,
  WrapUpEnded,
} from '@signalbox/contracts';
import { shoot } from './a-browser.js';
import { arrived, assignedTo, atWork, decided, inMinutes, offeredTo, solvedBy } from './the-desk.js';
import { seen, ThePage } from './the-page.js';
import { snapshot } from './the-story.js';

let desk: ThePage;
beforeAll(async () => {
  desk = await ThePage.open();
});
afterAll(() => desk?.close());
afterEach(() => desk.hasNoComplaints());

it('confirms the offer it shows, asks for the next ticket, and hands one over with a note', async () => {
  const page = await desk.signIn('carla');
  const ask = { acknowledgeBy: inMinutes(1) };
  const shown = offeredTo('shown', 'carla') as OfferMade;
  const { ticket, ...said } = shown.data;
  await desk.twice(
    ...arrived({ ticketId: 'shown', number: 1051, subject: 'Is anybody there', text: 'Hello?', minutesAgo: 1, category: 'battery' }),
    OfferMade('shown', { ...said, ticket: { ...ticket, offer: { ...ticket.offer!, ...ask } } }),
    ...arrived({ ticketId: 'moved', number: 1052, subject: 'Wrong part', text: 'It does not fit.', minutesAgo: 5, category: 'battery' }),
    assignedTo('moved', 'carla'),
  );
  const told = (subject: string, type: string) => () =>
    desk.console.stack.eventsAbout(subject, ConsoleTopic).find((event) => event.type === type);
  await page.getByRole('button', { name: /#1051/ }).waitFor();
  await seen(told('shown', 'OfferDelivered'));

  await page.keyboard.press('x');
  const next = await seen(told('carla', 'NextRequested'));
  await desk.twice(NextAnswered('carla', { requestId: next.id, why: 'nothing-waits', answeredAt: inMinutes(0) }));
  await page.getByRole('alert').getByText('Nothing waits in your queues.').waitFor();

  await page.getByRole('button', { name: /#1052/ }).click();
  await page.getByRole('heading', { name: /Wrong part/ }).waitFor();
  await page.keyboard.press('f');
  const dialog = page.getByRole('dialog', { name: /Hand over/ });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'Ben Okoro (online)' });
  await dialog.getByLabel('What they have to know').fill('He has sent it back twice.');
  await shoot(page, 'hand-over');
  await desk.answered(
    page,
    () => dialog.getByRole('button', { name: 'Hand over' }).click(),
    () =>
      TicketTransferred('moved', {
        ticket: snapshot({ agentId: 'ben' }),
        from: { agentId: 'carla', queueId: 'technical' },
        to: { agentId: 'ben', queueId: 'technical' },
        why: 'requested',
        byAgentId: 'carla',
        transfers: 1,
      }),
  );
  await page.getByText('handed on to Ben Okoro by Carla Medeiros').waitFor();
  await page.getByText('He has sent it back twice.').waitFor();
  await page.context().close();
});

it('lets a supervisor decide over it, with a reason', async () => {
  const page = await desk.signIn('sue');
  await page.getByRole('button', { name: /#1039/ }).click();
  await page.getByRole('heading', { name: /Charger blinks red/ }).waitFor();
  await page.keyboard.press('o');
  const dialog = page.getByRole('dialog', { name: /Decide about/ });
  await dialog.getByLabel('Agent').selectOption({ label: 'Ben Okoro (online)' });
  await dialog.getByLabel('also beyond their capacity').check();
  await dialog.getByLabel('Reason').fill('knows the charger');
  await shoot(page, 'decide');
  const forced = { how: 'forced' as const, byAgentId: 'sue', reason: 'knows the charger', overAssigned: true };
  await desk.answered(
    page,
    () => dialog.getByRole('button', { name: 'Decide' }).click(),
    () =>
      TicketAssigned('battery', { ticket: snapshot({ agentId: 'ben' }), agentId: 'ben', units: 1, assignedAt: inMinutes(0), ...forced }),
  );
  await page.getByText('assigned to Ben Okoro, beyond their capacity (Sue Hartwell: knows the charger)').waitFor();
  await page.context().close();
});

it('explains a rescue to whoever is asked for it, and to whoever was given a ticket by a person how it came', async () => {
  const page = await desk.signIn('deniz');
  const offer = { offerId: 'rescue-o2', agentId: 'deniz', expiresAt: inMinutes(2) };
  const second = decided('rescue', 'deniz', 'ana') as AssignmentProposed;
  await desk.twice(
    ...arrived({ ticketId: 'rescue', number: 1054, subject: 'Dunning letter', text: 'Stop it.', minutesAgo: 50, dueInMinutes: 9 }),
    decided('rescue', 'ana', 'deniz'),
    assignedTo('rescue', 'ana'),
    { ...second, data: { ...second.data, proposalId: 'rescue-p2', rescue: true } },
    OfferMade('rescue', { ticket: snapshot({ agentId: 'ana', offer }), ...offer, proposalId: 'rescue-p2', units: 1, rescue: true }),
  );
  await page.getByRole('button', { name: /#1054/ }).click();
  await page.getByRole('region', { name: 'Why me' }).getByText('runner-up Ana Brandtner 1.84').waitFor();
  await shoot(page, 'rescue');
  const accepted = { agentId: 'deniz', units: 1, assignedAt: inMinutes(0) };
  await desk.answered(
    page,
    () => page.getByRole('article').getByRole('button', { name: 'Accept' }).click(),
    () => [
      TicketReleased('rescue', { ticket: snapshot({ agentId: 'deniz' }), agentId: 'ana', why: 'rescue' }),
      TicketAssigned('rescue', { ticket: snapshot({ agentId: 'deniz' }), ...accepted, proposalId: 'rescue-p2', how: 'accepted' as const }),
    ],
  );
  await page.getByRole('region', { name: 'My tickets' }).getByText('Dunning letter').waitFor();
  expect(desk.console.stack.eventsAbout('rescue', ConsoleTopic)).toMatchObject([
    { type: 'AcceptRequested', data: { agentId: 'deniz', offerId: 'rescue-o2' } },
  ]);
  await page.getByRole('region', { name: 'Why me' }).waitFor();

  const forced = { how: 'forced' as const, byAgentId: 'sue', reason: 'has spoken with her' };
  await desk.twice(
    TicketReleased('rescue', { ticket: snapshot({ agentId: 'ana' }), agentId: 'deniz', why: 'reassigned' }),
    TicketAssigned('rescue', { ticket: snapshot({ agentId: 'ana' }), ...accepted, agentId: 'ana', ...forced }),
  );
  const other = await desk.signIn('ana');
  await other.getByRole('button', { name: /#1054/ }).click();
  const origin = other.getByRole('region', { name: 'How it came to you' });
  await origin.getByText('Given to you by Sue Hartwell: has spoken with her').waitFor();
  expect(await other.getByRole('region', { name: 'Why me' }).count()).toBe(0);
  await shoot(other, 'given');
  await desk.twice(
    TicketTransferred('rescue', {
      ticket: snapshot({ agentId: 'deniz' }),
      from: { agentId: 'ana', queueId: 'billing' },
      to: { agentId: 'deniz', queueId: 'billing' },
      why: 'requested',
      byAgentId: 'ana',
      transfers: 1,
    }),
    TicketAssigned('rescue', { ticket: snapshot({ agentId: 'deniz' }), ...accepted, how: 'transferred' as const }),
  );
  await page.getByText('Handed on to you by Ana Brandtner.').waitFor();
  await origin.waitFor({ state: 'detached' });
  await desk.twice(solvedBy('rescue', 'deniz'));
  await Promise.all([page, other].map((one) => one.context().close()));
});

it('asks a colleague to look at a ticket too, and lets either of them end it', async () => {
  const [page, colleague] = [await desk.signIn('ana'), await desk.signIn('deniz')];
  await desk.twice(
    ...arrived({ ticketId: 'consult', number: 1055, subject: 'A charge for a charger', text: 'What is it?', minutesAgo: 5 }),
    decided('consult', 'ana', 'deniz'),
    assignedTo('consult', 'ana'),
  );
  await page.getByRole('button', { name: /#1055/ }).click();
  await page.getByRole('heading', { name: /A charge for a charger/ }).waitFor();
  const between = { agentId: 'ana', withAgentId: 'deniz' };
  const ask = async (note: string): Promise<void> => {
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog', { name: /Ask a colleague about/ });
    await dialog.getByLabel('Colleague').selectOption({ label: 'Deniz Aksoy (away)' });
    await dialog.getByLabel('Question').fill(note);
    await shoot(page, 'consult');
    const ticket = snapshot({ agentId: 'ana', consultAgentIds: ['deniz'] });
    await desk.answered(
      page,
      () => dialog.getByRole('button', { name: 'Ask' }).click(),
      () => ConsultStarted('consult', { ticket, ...between }),
    );
    await page.getByText('Deniz Aksoy is asked to look at it too.').waitFor();
  };
  const ended = () => ConsultEnded('consult', { ticket: snapshot({ agentId: 'ana' }), ...between });

  await ask('Is this ours?');
  await page.getByRole('log').getByText('Is this ours?').waitFor();
  const asked = colleague.getByRole('region', { name: 'Colleagues ask me' });
  await asked.getByRole('button', { name: /#1055/ }).click();
  await colleague.getByText('Ana Brandtner asks you to look at it.').waitFor();
  await shoot(colleague, 'consulted');
  await desk.answered(page, () => page.getByRole('button', { name: 'End', exact: true }).click(), ended);
  await page.getByText('Deniz Aksoy is asked to look at it too.').waitFor({ state: 'detached' });
  await asked.waitFor({ state: 'detached' });

  await ask('');
  await desk.answered(colleague, () => colleague.getByRole('button', { name: 'End', exact: true }).click(), ended);
  await page.getByText('Deniz Aksoy is asked to look at it too.').waitFor({ state: 'detached' });
  await asked.waitFor({ state: 'detached' });
  expect(desk.console.stack.eventsAbout('consult', ConsoleTopic)).toMatchObject([
    { type: 'ConsultRequested', data: { ...between, noteId: expect.any(String) } },
    { type: 'ConsultEndRequested', data: between },
    { type: 'ConsultRequested', data: between },
    { type: 'ConsultEndRequested', data: { agentId: 'deniz', withAgentId: 'deniz' } },
  ]);
  await Promise.all([page, colleague].map((one) => one.context().close()));
});

it('hands a ticket over to a queue, and only with a note', async () => {
  const page = await desk.signIn('ana');
  await desk.twice(
    ...arrived({ ticketId: 'misplaced', number: 1056, subject: 'Where is your shop', text: 'In which street?', minutesAgo: 5 }),
    decided('misplaced', 'ana', 'deniz'),
    assignedTo('misplaced', 'ana'),
  );
  await page.getByRole('button', { name: /#1056/ }).click();
  await page.getByRole('heading', { name: /Where is your shop/ }).waitFor();
  await page.keyboard.press('f');
  const dialog = page.getByRole('dialog', { name: /Hand over/ });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'General questions' });
  const send = dialog.getByRole('button', { name: 'Hand over' });
  expect(await send.isDisabled()).toBe(true);
  await dialog.getByLabel('What they have to know').fill('No invoice is meant.');
  await desk.answered(
    page,
    () => send.click(),
    () =>
      TicketTransferred('misplaced', {
        ticket: snapshot({ queueOverride: 'general', excludedAgentIds: ['ana'] }),
        from: { agentId: 'ana', queueId: 'billing' },
        to: { queueId: 'general' },
        why: 'requested',
        byAgentId: 'ana',
        transfers: 1,
      }),
  );
  await page.getByText('handed on to general by Ana Brandtner').waitFor();
  await page.getByText('Waits for an agent.').waitFor();
  expect(await page.getByRole('region', { name: 'Why me' }).count()).toBe(0);
  expect(desk.console.stack.eventsAbout('misplaced', ConsoleTopic)).toMatchObject([
    { type: 'TransferRequested', data: { agentId: 'ana', to: { queueId: 'general' } } },
  ]);
  await desk.twice(solvedBy('misplaced', 'ana'));
  await page.context().close();
});

it('merges a ticket into another one by keyboard, once it has shown which, and leads from each to the other', async () => {
  const page = await desk.signIn('ana');
  const about = { text: 'It came twice.', minutesAgo: 5 };
  await desk.twice(
    ...arrived({ ticketId: 'twin', number: 1071, subject: 'The same invoice again', ...about }),
    assignedTo('twin', 'ana'),
    ...arrived({ ticketId: 'goes-on', number: 1070, subject: 'An invoice I do not know', ...about }),
    assignedTo('goes-on', 'ana'),
  );
  await page.getByRole('button', { name: /#1071/ }).click();
  await page.getByRole('heading', { name: /The same invoice again/ }).waitFor();
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog', { name: /Merge #1071/ });
  const number = dialog.getByLabel('Number of the other ticket');
  await number.fill('#9999');
  await dialog.getByText('You see no ticket with the number 9999.').waitFor();
  expect(await dialog.getByRole('button', { name: 'Merge' }).isDisabled()).toBe(true);
  await number.fill('1071');
  await dialog.getByText('That is this ticket.').waitFor();
  await number.fill('#1070');
  await dialog.getByText('#1070 An invoice I do not know').waitFor();
  await shoot(page, 'merge');
  const said = { byAgentId: 'ana' };
  await desk.answered(
    page,
    () => page.keyboard.press('Enter'),
    () => [
      TicketMerged('twin', {
        ticket: snapshot({ status: 'closed', agentId: 'ana', mergedInto: 'goes-on' }),
        intoTicketId: 'goes-on',
        ...said,
      }),
      TicketMergedIn('goes-on', { ticket: snapshot({ agentId: 'ana' }), fromTicketId: 'twin', receivedAt: inMinutes(-5), ...said }),
    ],
  );
  expect(desk.console.stack.eventsAbout('twin', ConsoleTopic)).toMatchObject([
    { type: 'MergeRequested', data: { agentId: 'ana', role: 'agent', intoTicketId: 'goes-on' } },
  ]);
  await page.getByText('merged into #1070 by Ana Brandtner').waitFor();
  await page.getByText('it goes on there').getByRole('link', { name: '#1070' }).click();
  await page.getByRole('heading', { name: /An invoice I do not know/ }).waitFor();
  await page.getByText('#1071 was merged into it by Ana Brandtner').waitFor();
  await page.getByText('Merged into it:').locator('..').getByRole('link', { name: '#1071' }).waitFor();
  await desk.twice(solvedBy('goes-on', 'ana'));
  await page.context().close();
});

it('lets a supervisor take a ticket back, and change its priority and queue', async () => {
  const page = await desk.signIn('sue');
  await desk.twice(
    ...arrived({ ticketId: 'stuck', number: 1057, subject: 'Still no answer', text: 'Since Monday.', minutesAgo: 300 }),
    decided('stuck', 'ana', 'deniz'),
    assignedTo('stuck', 'ana'),
  );
  await page.goto(`${desk.console.service.http}/tickets/stuck`);
  const heading = page.getByRole('heading', { name: /Still no answer/ });
  const dialog = page.getByRole('dialog', { name: /Decide about/ });
  const decide = dialog.getByRole('button', { name: 'Decide' });
  const reason = 'Ana is ill';
  await heading.waitFor();
  await page.keyboard.press('o');
  await dialog.getByLabel('What').selectOption({ label: 'Take it back to its queue' });
  expect(await decide.isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill(reason);
  await desk.answered(
    page,
    () => decide.click(),
    () => TicketReleased('stuck', { ticket: snapshot(), agentId: 'ana', why: 'supervisor', byAgentId: 'sue', reason }),
  );
  await page.getByText(`released from Ana Brandtner: a supervisor took it back (Sue Hartwell: ${reason})`).waitFor();

  await page.keyboard.press('o');
  const wish = dialog.getByLabel('What');
  // Nobody owns it now.
  expect(await wish.getByRole('option').allInnerTexts()).toEqual(['Give it to an agent', 'Change priority or queue']);
  await wish.selectOption({ label: 'Change priority or queue' });
  await dialog.getByLabel('Reason').fill('the battery is meant');
  expect(await decide.isDisabled()).toBe(true);
  await dialog.getByLabel('Priority').selectOption('urgent');
  await dialog.getByLabel('Queue').selectOption({ label: 'Workshop and electronics' });
  await shoot(page, 'override');
  const ticket = snapshot({ priorityOverride: 'urgent', queueOverride: 'technical' });
  await desk.answered(
    page,
    () => decide.click(),
    () => StatusChanged('stuck', { ticket, from: 'open', cause: 'supervisor', byAgentId: 'sue', reason: 'the battery is meant' }),
  );
  await page.getByText('set by a supervisor: priority urgent, queue technical (Sue Hartwell: the battery is meant)').waitFor();
  await page.locator('.facts .priority.urgent').waitFor();
  expect(desk.console.stack.eventsAbout('stuck', ConsoleTopic)).toMatchObject([
    { type: 'ReleaseRequested', data: { agentId: 'sue', role: 'supervisor', reason } },
    { type: 'OverrideRequested', data: { priority: 'urgent', queueId: 'technical', reason: 'the battery is meant' } },
  ]);
  await desk.twice(solvedBy('stuck', 'ana'));
  await page.context().close();
});

it('frees the units of a solved ticket as soon as its agent has finished with it', async () => {
  const page = await desk.signIn('deniz');
  const wrapUp = { ticketId: 'wrapped', units: 2, channel: 'chat' as const, state: 'wrap-up' as const, dueAt: inMinutes(5) };
  await desk.twice(
    ...arrived({ ticketId: 'wrapped', number: 1058, subject: 'Thank you', text: 'It works.', minutesAgo: 20 }),
    solvedBy('wrapped', 'deniz'),
    atWork('deniz', 'away', 2, 4, ['billing'], { agentVersion: 2, holds: [wrapUp] }),
  );
  const open = page.getByRole('region', { name: 'Wrapping up' });
  await open.getByRole('button', { name: 'chat, 2 units' }).waitFor();
  await open.getByText(/^4:\d\d$/).waitFor();
  const edges = await Promise.all([open.getByRole('heading'), open.getByText('chat, 2 units')].map((one) => one.boundingBox()));
  expect(edges[1]!.x).toBe(edges[0]!.x + 16);
  await shoot(page, 'wrap-up');
  await desk.answered(
    page,
    () => open.getByRole('button', { name: 'Finished' }).click(),
    () => WrapUpEnded('wrapped', { ticket: snapshot({ status: 'solved' }), agentId: 'deniz', how: 'agent' }),
  );
  await desk.twice(atWork('deniz', 'away', 0, 4, ['billing'], { agentVersion: 3 }));
  await open.waitFor({ state: 'detached' });
  expect(desk.console.stack.eventsAbout('wrapped', ConsoleTopic)).toMatchObject([
    { type: 'WrapUpEndRequested', data: { agentId: 'deniz' } },
  ]);
  await page.context().close();
});
