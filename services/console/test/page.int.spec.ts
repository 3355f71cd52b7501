import {
  type AssignmentProposed,
  ClocksChanged,
  ClocksRecomputed,
  ConsoleTopic,
  ConsultEnded,
  ConsultStarted,
  EscalationCanceled,
  IdleExplained,
  NextAnswered,
  NotificationFailed,
  NotificationSent,
  OfferDeclined,
  OfferMade,
  QueueOutlook,
  RequestRefused,
  SlaBreached,
  SlaOutlook,
  StatusChanged,
  TicketAssigned,
  TicketEscalated,
  TicketMerged,
  TicketMergedIn,
  TicketReleased,
  TicketTransferred,
  WrapUpEnded,
  type Draft,
} from '@signalbox/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { ABrowser, buildPage, shoot } from './a-browser.js';
import { DESK_COMPANY } from './desk-company.js';
import {
  arrived,
  assignedTo,
  atWork,
  decided,
  explainedClocks,
  heldBy,
  inMinutes,
  morning,
  offeredTo,
  repliedBy,
  resumedBy,
  solvedBy,
  wrote,
} from './the-desk.js';
import { caused, snapshot } from './the-story.js';
import { TheConsole, tokenFor } from './the-console.js';

let webDir: string;
let console_: TheConsole;
let browser: ABrowser;
let admin: string;

const twice = async (...events: Draft[]): Promise<void> => {
  await console_.stack.publish(...events, ...events);
  await console_.stack.settled();
};

async function signIn(agentId: string, options?: BrowserContextOptions): Promise<Page> {
  const { url } = (await console_.call('POST', '/sign-in-links', admin, { agentId })).body as { url: string };
  return browser.open(console_.service.http + url, options);
}

/** What the page has sent is on the topic a moment later. */
async function seen<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Does something on the page that sends a request, and answers it as assignment would. */
async function answered(page: Page, act: () => Promise<void>, answer: () => Draft | readonly Draft[]): Promise<void> {
  const sent = page.waitForResponse((response) => response.request().method() === 'POST');
  await act();
  const { requestId } = (await (await sent).json()) as { requestId: string };
  await twice(...[answer()].flat().map((draft) => caused(requestId, draft)));
  // Until the page knows, it sends no other request about the same ticket.
  await page.getByText(/: sending…$/).waitFor({ state: 'detached' });
}

beforeAll(async () => {
  webDir = await mkdtemp(join(tmpdir(), 'signalbox-page-'));
  await buildPage(webDir);
  console_ = await TheConsole.start({ WEB_DIR: webDir });
  admin = await tokenFor('the-first-admin', 'admin');
  await console_.call('POST', '/configuration', admin, { documents: DESK_COMPANY });
  browser = await ABrowser.start();
  await twice(...morning());
});
afterAll(async () => {
  await browser?.stop();
  await console_?.stop();
  await rm(webDir, { recursive: true });
});
beforeEach(() => {
  browser.complaints.length = 0;
});
afterEach(() => {
  expect(browser.complaints).toEqual([]);
});

it('explains to a stranger how to get in', async () => {
  const page = await browser.open(console_.service.http);
  await page.getByText('You come in here with a sign-in link').waitFor();
  expect(browser.complaints).toEqual([]);
  // What the other tests rely on: something inline is blocked, and heard of.
  const heard = page.waitForEvent('console', { predicate: (message) => message.text().startsWith('CSP: style-src') });
  await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
  await heard;
  browser.complaints.length = 0;
  await shoot(page, 'sign-in');
  await page.context().close();
});

it('lets an agent accept, reply and note by keyboard, and shows what becomes of it', async () => {
  const page = await signIn('ana');
  await page.getByText('Ana Brandtner').waitFor();
  expect(page.url()).not.toContain('code');
  const offer = page.getByRole('listitem').filter({ hasText: 'Charged twice for October' });
  await offer.getByText('skills fit 95 % · knows the customer 80 %').waitFor();
  const mine = page.getByRole('region', { name: 'My tickets' }).getByRole('button');
  expect(await mine.allInnerTexts()).toMatchObject([
    expect.stringContaining('#1029'),
    expect.stringContaining('#1036'),
    expect.stringContaining('#1031'),
  ]);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await shoot(page, 'keys');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await shoot(page, 'offer');

  await answered(
    page,
    async () => {
      await page.keyboard.press('a');
      await page.getByText('Accept: sending…').waitFor();
    },
    () => assignedTo('double', 'ana'),
  );
  await page.getByText('Accept: sending…').waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'My tickets' }).getByText('Charged twice').waitFor();
  await page.getByRole('region', { name: 'Why me' }).getByText('0.95 × 1.00').waitFor();

  const text = 'Dear Ida,\n\none of the two is only a reservation and disappears by Friday.';
  await page.keyboard.press('r');
  await page.keyboard.type(text);
  await twice(wrote('double', 'double-second', 'It is urgent, the account is overdrawn.'));
  await page.getByText('It is urgent, the account is overdrawn.').waitFor();
  const field = page.getByRole('textbox', { name: 'Reply' });
  expect(await field.inputValue()).toBe(text);
  await page.reload();
  expect(await field.inputValue()).toBe(text);
  await page.keyboard.press('r');
  await answered(
    page,
    () => page.keyboard.press('Control+Enter'),
    () => repliedBy('double', 'ana', 'double-reply', text),
  );
  await page.getByRole('log').getByText('one of the two is only a reservation').waitFor();
  await page.locator('textarea:placeholder-shown').waitFor();

  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.keyboard.type('Booked on 3 October, reservation 88-120.');
  await shoot(page, 'note');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('log').getByText('reservation 88-120').waitFor();
  await page.getByRole('log').getByText('internal note').waitFor();
  await page.keyboard.press('Escape');
  await shoot(page, 'ticket');

  const refusal = {
    ticket: snapshot({ agentId: 'ana' }),
    why: 'not-your-ticket' as const,
    message: 'the ticket was handed to Deniz meanwhile',
  };
  let requestId = '';
  const sent = page.waitForResponse((response) => response.url().endsWith('/solve'));
  await page.keyboard.press('s');
  await page.keyboard.press('Enter');
  requestId = ((await (await sent).json()) as { requestId: string }).requestId;
  await twice(RequestRefused('double', { ...refusal, requestId, agentId: 'ana' }));
  await page.getByRole('alert').getByText('the ticket was handed to Deniz meanwhile').waitFor();
  await shoot(page, 'refused');
  await page.context().close();
});

it('declines an offer with a reason, by keyboard', async () => {
  const page = await signIn('deniz');
  await twice(
    ...arrived({
      ticketId: 'dunning',
      number: 1043,
      subject: 'Reminder for an invoice I paid',
      text: 'Paid on Monday.',
      minutesAgo: 1,
      dueInMinutes: 59,
    }),
    decided('dunning', 'deniz', 'ana'),
    offeredTo('dunning', 'deniz'),
  );
  const offers = page.getByRole('region', { name: 'Offers' });
  await offers.getByText('Reminder for an invoice I paid').waitFor();
  expect(await page.title()).toBe('(1) Signalbox');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('d');
  await page.getByRole('dialog').getByRole('button', { name: 'not my field' }).waitFor();
  await shoot(page, 'decline');
  await answered(
    page,
    () => page.keyboard.press('Enter'),
    () =>
      OfferDeclined('dunning', {
        ticket: snapshot({ excludedAgentIds: ['deniz'], firstQueuedAt: inMinutes(-1) }),
        offerId: 'dunning-o1',
        agentId: 'deniz',
        reason: 'not my field',
      }),
  );
  await offers.getByText('No offer at the moment.').waitFor();
  expect(console_.stack.eventsAbout('dunning', ConsoleTopic)).toMatchObject([
    { type: 'DeclineRequested', data: { reason: 'not my field', reasonName: 'not-my-field' } },
  ]);
  await page.context().close();
});

it('holds, resumes, and solves with the reply', async () => {
  const page = await signIn('ana');
  await page.getByRole('button', { name: /#1036/ }).click();
  const status = page.locator('.facts .status');
  await page.getByRole('heading', { name: /old company/ }).waitFor();
  const hold = async (): Promise<void> => {
    await page.keyboard.press('h');
    await page.keyboard.press('Enter');
  };
  await answered(page, hold, () => heldBy('address', 'ana'));
  await status.filter({ hasText: 'pending' }).waitFor();
  await answered(
    page,
    () => page.keyboard.press('u'),
    () => resumedBy('address', 'ana'),
  );
  await status.filter({ hasText: 'open' }).waitFor();
  await page.keyboard.press('r');
  await page.keyboard.type('The corrected invoice is attached.');
  await answered(
    page,
    () => page.getByRole('button', { name: 'Reply and solve' }).click(),
    () => solvedBy('address', 'ana'),
  );
  await status.filter({ hasText: 'solved' }).waitFor();
  expect(console_.stack.eventsAbout('address', ConsoleTopic)).toMatchObject([
    { type: 'HoldRequested', data: { status: 'pending' } },
    { type: 'ResumeRequested' },
    { type: 'ReplyWritten', data: { text: 'The corrected invoice is attached.', thenStatus: 'solved' } },
  ]);
  await page.context().close();
});

it('finds by number and by word, and shows customer text as text', async () => {
  const page = await signIn('ana', { colorScheme: 'dark' });
  await twice(wrote('late', 'late-hostile', '<img src=x onerror="document.title=1"> <b>bold</b>'));
  await page.keyboard.press('/');
  await page.keyboard.type('promised august');
  await page.getByRole('region', { name: 'Found' }).getByRole('button', { name: /#1029/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByText('<img src=x onerror="document.title=1"> <b>bold</b>').waitFor();
  await shoot(page, 'dark');
  await page.context().close();
});

it('shows a supervisor queues, people, and why a ticket waits', async () => {
  const page = await signIn('sue');
  const row = page.getByRole('row', { name: /Workshop and electronics/ });
  await row.waitFor();
  expect(await row.getByRole('cell').allInnerTexts()).toEqual(['2', expect.stringMatching(/^4\d min$/), '0', '0', '0', '–']);
  const battery = page.getByRole('button', { name: /#1039/ });
  await battery.getByText('skill electronics < 3').waitFor();
  // Told 41 minutes ago, in the reader's own time.
  const asOf = battery.getByText(/^as of .*\d\d:\d\d/);
  const toldAt = (await asOf.getAttribute('datetime'))!;
  expect(Math.round((Date.now() - Date.parse(toldAt)) / 60_000)).toBeGreaterThanOrEqual(41);
  expect(await asOf.getAttribute('title')).toContain(String(new Date(toldAt).getFullYear()));
  await page.getByText('5/5').waitFor();
  await shoot(page, 'board');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const waits = page.getByRole('paragraph').filter({ hasText: 'Waits for an agent.' });
  expect(await waits.getByText(/^as of /).getAttribute('datetime')).toBe(toldAt);
  await shoot(page, 'waiting');
  await page.keyboard.press('Escape');
  await row.waitFor();
  await page.goto(`${console_.service.http}/tickets/double`);
  await page.getByRole('region', { name: 'Decisions' }).getByText('runner-up Deniz Aksoy 1.84').waitFor();
  await shoot(page, 'decisions');
  await page.setViewportSize({ width: 1024, height: 768 });
  await shoot(page, 'narrow');
  await page.setViewportSize({ width: 420, height: 900 });
  await shoot(page, 'phone');
  await page.context().close();
});

it('tells a supervisor why an agent with room gets no ticket, by keyboard, and nobody else', async () => {
  const page = await signIn('sue');
  const button = page.getByRole('button', { name: 'Why no ticket for Carla Medeiros?' });
  await button.waitFor();
  expect(await page.getByRole('button', { name: 'Why no ticket for Ben Okoro?' }).count()).toBe(0);
  await button.focus();
  await page.keyboard.press('Enter');
  const row = page.getByRole('listitem').filter({ hasText: 'Carla Medeiros' });
  const status = row.getByRole('status');
  await status.getByText('Asking routing…').waitFor();
  const asked = await seen(() => console_.stack.eventsAbout('carla', ConsoleTopic).find(({ type }) => type === 'WhyIdleRequested'));
  const reasons = [
    { reason: 'electronics below 3', tickets: 4 },
    { reason: 'not in queue billing', tickets: 2 },
    { reason: 'excluded for this ticket', tickets: 1 },
  ];
  const said = { why: 'nothing-fits' as const, reasons, waiting: 7, bounded: false, onTheWay: 1 };
  await twice(IdleExplained('carla', { requestId: asked.id, ...said, explainedAt: inMinutes(0) }));
  await status.getByText('None of the 7 tickets that wait is for them. A ticket is proposed or offered to them just now.').waitFor();
  expect(await status.getByRole('listitem').allInnerTexts()).toEqual([
    '4 tickets: electronics below 3',
    '2 tickets: not in queue billing',
    '1 ticket: excluded for this ticket',
  ]);
  expect(await button.getAttribute('aria-expanded')).toBe('true');
  await shoot(page, 'why-no-ticket');
  await page.setViewportSize({ width: 1024, height: 768 });
  await shoot(page, 'why-no-ticket-narrow');
  await page.setViewportSize({ width: 420, height: 900 });
  await shoot(page, 'why-no-ticket-phone');
  await page.keyboard.press('Enter');
  await status.getByText('None of the 7').waitFor({ state: 'detached' });
  await page.context().close();

  const other = await signIn('ana');
  await other.getByText('Ana Brandtner').waitFor();
  await other.goto(`${console_.service.http}/board`);
  await other.getByText("this needs the role supervisor or admin; yours is 'agent'").waitFor();
  expect(await other.getByRole('button', { name: /Why no ticket/ }).count()).toBe(0);
  expect(browser.complaints).toEqual([expect.stringContaining('403')]);
  browser.complaints.length = 0;
  await other.context().close();
});

it('confirms the offer it shows, asks for the next ticket, and hands one over with a note', async () => {
  const page = await signIn('carla');
  const ask = { acknowledgeBy: inMinutes(1) };
  const shown = offeredTo('shown', 'carla') as OfferMade;
  const { ticket, ...said } = shown.data;
  await twice(
    ...arrived({ ticketId: 'shown', number: 1051, subject: 'Is anybody there', text: 'Hello?', minutesAgo: 1, category: 'battery' }),
    OfferMade('shown', { ...said, ticket: { ...ticket, offer: { ...ticket.offer!, ...ask } } }),
    ...arrived({ ticketId: 'moved', number: 1052, subject: 'Wrong part', text: 'It does not fit.', minutesAgo: 5, category: 'battery' }),
    assignedTo('moved', 'carla'),
  );
  const told = (subject: string, type: string) => () =>
    console_.stack.eventsAbout(subject, ConsoleTopic).find((event) => event.type === type);
  await page.getByRole('button', { name: /#1051/ }).waitFor();
  await seen(told('shown', 'OfferDelivered'));

  await page.keyboard.press('x');
  const next = await seen(told('carla', 'NextRequested'));
  await twice(NextAnswered('carla', { requestId: next.id, why: 'nothing-waits', answeredAt: inMinutes(0) }));
  await page.getByRole('alert').getByText('Nothing waits in your queues.').waitFor();

  await page.getByRole('button', { name: /#1052/ }).click();
  await page.getByRole('heading', { name: /Wrong part/ }).waitFor();
  await page.keyboard.press('f');
  const dialog = page.getByRole('dialog', { name: /Hand over/ });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'Ben Okoro (online)' });
  await dialog.getByLabel('What they have to know').fill('He has sent it back twice.');
  await shoot(page, 'hand-over');
  await answered(
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
  const page = await signIn('sue');
  await page.getByRole('button', { name: /#1039/ }).click();
  await page.getByRole('heading', { name: /Charger blinks red/ }).waitFor();
  await page.keyboard.press('o');
  const dialog = page.getByRole('dialog', { name: /Decide about/ });
  await dialog.getByLabel('Agent').selectOption({ label: 'Ben Okoro (online)' });
  await dialog.getByLabel('also beyond their capacity').check();
  await dialog.getByLabel('Reason').fill('knows the charger');
  await shoot(page, 'decide');
  const forced = { how: 'forced' as const, byAgentId: 'sue', reason: 'knows the charger', overAssigned: true };
  await answered(
    page,
    () => dialog.getByRole('button', { name: 'Decide' }).click(),
    () =>
      TicketAssigned('battery', { ticket: snapshot({ agentId: 'ben' }), agentId: 'ben', units: 1, assignedAt: inMinutes(0), ...forced }),
  );
  await page.getByText('assigned to Ben Okoro, beyond their capacity (Sue Hartwell: knows the charger)').waitFor();
  await page.context().close();
});

it('explains a rescue to whoever is asked for it, and to whoever was given a ticket by a person how it came', async () => {
  const page = await signIn('deniz');
  const offer = { offerId: 'rescue-o2', agentId: 'deniz', expiresAt: inMinutes(2) };
  const second = decided('rescue', 'deniz', 'ana') as AssignmentProposed;
  await twice(
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
  await answered(
    page,
    () => page.getByRole('article').getByRole('button', { name: 'Accept' }).click(),
    () => [
      TicketReleased('rescue', { ticket: snapshot({ agentId: 'deniz' }), agentId: 'ana', why: 'rescue' }),
      TicketAssigned('rescue', { ticket: snapshot({ agentId: 'deniz' }), ...accepted, proposalId: 'rescue-p2', how: 'accepted' as const }),
    ],
  );
  await page.getByRole('region', { name: 'My tickets' }).getByText('Dunning letter').waitFor();
  expect(console_.stack.eventsAbout('rescue', ConsoleTopic)).toMatchObject([
    { type: 'AcceptRequested', data: { agentId: 'deniz', offerId: 'rescue-o2' } },
  ]);
  await page.getByRole('region', { name: 'Why me' }).waitFor();

  const forced = { how: 'forced' as const, byAgentId: 'sue', reason: 'has spoken with her' };
  await twice(
    TicketReleased('rescue', { ticket: snapshot({ agentId: 'ana' }), agentId: 'deniz', why: 'reassigned' }),
    TicketAssigned('rescue', { ticket: snapshot({ agentId: 'ana' }), ...accepted, agentId: 'ana', ...forced }),
  );
  const other = await signIn('ana');
  await other.getByRole('button', { name: /#1054/ }).click();
  const origin = other.getByRole('region', { name: 'How it came to you' });
  await origin.getByText('Given to you by Sue Hartwell: has spoken with her').waitFor();
  expect(await other.getByRole('region', { name: 'Why me' }).count()).toBe(0);
  await shoot(other, 'given');
  await twice(
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
  await twice(solvedBy('rescue', 'deniz'));
  await Promise.all([page, other].map((one) => one.context().close()));
});

it('asks a colleague to look at a ticket too, and lets either of them end it', async () => {
  const [page, colleague] = [await signIn('ana'), await signIn('deniz')];
  await twice(
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
    await answered(
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
  await answered(page, () => page.getByRole('button', { name: 'End', exact: true }).click(), ended);
  await page.getByText('Deniz Aksoy is asked to look at it too.').waitFor({ state: 'detached' });
  await asked.waitFor({ state: 'detached' });

  await ask('');
  await answered(colleague, () => colleague.getByRole('button', { name: 'End', exact: true }).click(), ended);
  await page.getByText('Deniz Aksoy is asked to look at it too.').waitFor({ state: 'detached' });
  await asked.waitFor({ state: 'detached' });
  expect(console_.stack.eventsAbout('consult', ConsoleTopic)).toMatchObject([
    { type: 'ConsultRequested', data: { ...between, noteId: expect.any(String) } },
    { type: 'ConsultEndRequested', data: between },
    { type: 'ConsultRequested', data: between },
    { type: 'ConsultEndRequested', data: { agentId: 'deniz', withAgentId: 'deniz' } },
  ]);
  await Promise.all([page, colleague].map((one) => one.context().close()));
});

it('hands a ticket over to a queue, and only with a note', async () => {
  const page = await signIn('ana');
  await twice(
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
  await answered(
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
  expect(console_.stack.eventsAbout('misplaced', ConsoleTopic)).toMatchObject([
    { type: 'TransferRequested', data: { agentId: 'ana', to: { queueId: 'general' } } },
  ]);
  await twice(solvedBy('misplaced', 'ana'));
  await page.context().close();
});

it('merges a ticket into another one by keyboard, once it has shown which, and leads from each to the other', async () => {
  const page = await signIn('ana');
  const about = { text: 'It came twice.', minutesAgo: 5 };
  await twice(
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
  await answered(
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
  expect(console_.stack.eventsAbout('twin', ConsoleTopic)).toMatchObject([
    { type: 'MergeRequested', data: { agentId: 'ana', role: 'agent', intoTicketId: 'goes-on' } },
  ]);
  await page.getByText('merged into #1070 by Ana Brandtner').waitFor();
  await page.getByText('it goes on there').getByRole('link', { name: '#1070' }).click();
  await page.getByRole('heading', { name: /An invoice I do not know/ }).waitFor();
  await page.getByText('#1071 was merged into it by Ana Brandtner').waitFor();
  await page.getByText('Merged into it:').locator('..').getByRole('link', { name: '#1071' }).waitFor();
  await twice(solvedBy('goes-on', 'ana'));
  await page.context().close();
});

it('lets a supervisor take a ticket back, and change its priority and queue', async () => {
  const page = await signIn('sue');
  await twice(
    ...arrived({ ticketId: 'stuck', number: 1057, subject: 'Still no answer', text: 'Since Monday.', minutesAgo: 300 }),
    decided('stuck', 'ana', 'deniz'),
    assignedTo('stuck', 'ana'),
  );
  await page.goto(`${console_.service.http}/tickets/stuck`);
  const heading = page.getByRole('heading', { name: /Still no answer/ });
  const dialog = page.getByRole('dialog', { name: /Decide about/ });
  const decide = dialog.getByRole('button', { name: 'Decide' });
  const reason = 'Ana is ill';
  await heading.waitFor();
  await page.keyboard.press('o');
  await dialog.getByLabel('What').selectOption({ label: 'Take it back to its queue' });
  expect(await decide.isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill(reason);
  await answered(
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
  await answered(
    page,
    () => decide.click(),
    () => StatusChanged('stuck', { ticket, from: 'open', cause: 'supervisor', byAgentId: 'sue', reason: 'the battery is meant' }),
  );
  await page.getByText('set by a supervisor: priority urgent, queue technical (Sue Hartwell: the battery is meant)').waitFor();
  await page.locator('.facts .priority.urgent').waitFor();
  expect(console_.stack.eventsAbout('stuck', ConsoleTopic)).toMatchObject([
    { type: 'ReleaseRequested', data: { agentId: 'sue', role: 'supervisor', reason } },
    { type: 'OverrideRequested', data: { priority: 'urgent', queueId: 'technical', reason: 'the battery is meant' } },
  ]);
  await twice(solvedBy('stuck', 'ana'));
  await page.context().close();
});

it('frees the units of a solved ticket as soon as its agent has finished with it', async () => {
  const page = await signIn('deniz');
  const wrapUp = { ticketId: 'wrapped', units: 2, channel: 'chat' as const, state: 'wrap-up' as const, dueAt: inMinutes(5) };
  await twice(
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
  await answered(
    page,
    () => open.getByRole('button', { name: 'Finished' }).click(),
    () => WrapUpEnded('wrapped', { ticket: snapshot({ status: 'solved' }), agentId: 'deniz', how: 'agent' }),
  );
  await twice(atWork('deniz', 'away', 0, 4, ['billing'], { agentVersion: 3 }));
  await open.waitFor({ state: 'detached' });
  expect(console_.stack.eventsAbout('wrapped', ConsoleTopic)).toMatchObject([{ type: 'WrapUpEndRequested', data: { agentId: 'deniz' } }]);
  await page.context().close();
});

it('goes on after its stream was cut, without losing what happened meanwhile', async () => {
  const page = await signIn('sue');
  await page.getByRole('row', { name: /General questions/ }).waitFor();
  // A change of configuration ends every session's stream.
  const queue = DESK_COMPANY.find(({ name }) => name === 'general')!;
  const renamed = { ...queue, content: { ...queue.content, title: 'Anything else' } };
  await console_.call('POST', '/configuration', admin, { documents: [renamed] });
  await twice(
    ...arrived({
      ticketId: 'hours',
      number: 1044,
      subject: 'Opening hours',
      text: 'When?',
      minutesAgo: 0,
      category: 'none',
      dueInMinutes: 60,
    }),
  );
  await page.getByRole('row', { name: /Anything else/ }).waitFor();
  await page.getByRole('button', { name: /#1044/ }).waitFor();
  await page.getByText('Connection lost').waitFor({ state: 'hidden' });
  await twice(
    ...arrived({ ticketId: 'again', number: 1045, subject: 'Opening hours on Sunday', text: 'And then?', minutesAgo: 0, dueInMinutes: 60 }),
  );
  await page.getByRole('button', { name: /#1045/ }).waitFor();
  await page.context().close();
});

it('tells the desk who is there, and keeps the lease', async () => {
  const page = await signIn('edda');
  const put = page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.getByRole('button', { name: 'Online' }).click();
  expect((await put).status()).toBe(202);
  await page.waitForResponse((response) => response.request().method() === 'PUT' && response.status() === 202, { timeout: 40_000 });
  await page.context().close();
});

it('lets an agent who did not respond, or whose shift is over, take tickets again by keyboard', async () => {
  const edda = (fields: Parameters<typeof atWork>[5]) => twice(atWork('edda', 'online', 0, 3, ['general'], fields));
  const chosen = () => console_.stack.eventsAbout('edda', ConsoleTopic).filter(({ data }) => (data as { chosen?: boolean }).chosen).length;
  await edda({ inRotation: false });
  const [page, board] = [await signIn('edda'), await signIn('sue')];
  await board.getByRole('listitem').filter({ hasText: 'Edda Lindqvist Not responding' }).waitFor();
  await page.getByRole('status').getByText('Not responding').waitFor();
  await shoot(page, 'not-responding');
  const [known, again] = [chosen(), page.getByRole('button', { name: 'Take tickets again' })];
  await again.focus();
  await page.keyboard.press('Enter');
  await seen(() => chosen() > known || undefined);
  // The lease was renewed when the page came up, by no person.
  expect(chosen()).toBe(known + 1);
  await edda({ inRotation: true, agentVersion: 2, onShift: false });
  await page.getByRole('status').getByText('Not on shift').waitFor();
  await page.getByRole('button', { name: 'Online' }).press('Enter');
  await seen(() => chosen() > known + 1 || undefined);
  await edda({ onShift: true, agentVersion: 3 });
  await again.waitFor({ state: 'detached' });
  await Promise.all([page, board].map((one) => one.context().close()));
});

it('counts down by the clock of a rehearsal', async () => {
  const tomorrow = 24 * 60;
  const ticket = { ticketId: 'tomorrow', number: 1060, subject: 'Due in a rehearsal', text: 'When?', minutesAgo: 1 };
  await twice(...arrived({ ...ticket, dueInMinutes: tomorrow + 31 }), assignedTo('tomorrow', 'ana'));
  const rehearsing = await console_.another({ SIGNALBOX_CLOCK_OFFSET_MS: String(tomorrow * 60_000) });
  const { url } = (await console_.call('POST', '/sign-in-links', admin, { agentId: 'ana' })).body as { url: string };
  const page = await browser.open(rehearsing.http + url);
  const row = page.getByRole('button').filter({ hasText: 'Due in a rehearsal' });
  await row.getByText(/^(30|31) min left$/).waitFor();
  await page.context().close();
  await rehearsing.close();
});

it('explains by keyboard how the clocks come about, and again when they change', async () => {
  const page = await signIn('ana');
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
  await twice(...arrived(ticket), assignedTo(ticketId, 'ana'), changed(running, internal));
  await page.goto(`${console_.service.http}/tickets/${ticketId}`);
  const clocks = page.getByRole('region', { name: 'Clocks' });
  await clocks.getByText('Internal, Billing and contracts').waitFor();
  await page.getByRole('heading', { name: /Where does the deadline/ }).waitFor();
  await page.keyboard.press('e');
  const dialog = page.getByRole('dialog', { name: /Clocks of/ });
  await dialog.getByText('Asking how its clocks come about…').waitFor();
  const asked = (nth: number) =>
    seen(() => console_.stack.eventsAbout(ticketId, ConsoleTopic).filter(({ type }) => type === 'ExplainClocksRequested')[nth]);
  await twice(explainedClocks(ticketId, (await asked(0)).id));
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
  await twice(changed({ ...running, status: 'paused', dueAt: null }, internal));
  await twice(explainedClocks(ticketId, (await asked(1)).id));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await clocks.getByText(/^paused since \d/).waitFor();
  await twice(solvedBy(ticketId, 'ana'));
  await page.context().close();
});

it('shows which levels fired and who was told, and lets a supervisor stop the chain', async () => {
  const ticketId = 'escalated';
  const ticket = { ticketId, number: 1062, subject: 'Third time I write', text: 'Still nothing.', minutesAgo: 500, dueInMinutes: -20 };
  const level = { level: 2, cause: 'due' as const, target: 'resolution' as const };
  const told = (notificationId: string, via: 'console' | 'webhook', to: string) => ({ notificationId, ...level, via, to });
  await twice(
    ...arrived(ticket),
    assignedTo(ticketId, 'ana'),
    TicketEscalated(ticketId, {
      level: 1,
      cause: 'declines',
      explanation: 'declined 3 times, policy says from 3',
      addSkills: { seniority: 3 },
      notify: ['owner'],
      recipients: [{ via: 'console', to: 'ana', because: 'owner' }],
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
  const page = await signIn('sue');
  await page.getByText('Sue Hartwell').waitFor();
  await page.goto(`${console_.service.http}/tickets/${ticketId}`);
  const escalation = page.getByRole('region', { name: 'Escalation' });
  const [second, first] = [escalation.getByRole('listitem').filter({ hasText: 'Level 2' }), escalation.getByText('Level 1')];
  await second.getByText('said 1 min late').waitFor();
  await second.getByText('Asked for: priority urgent, somebody who can begin it sooner').waitFor();
  await second.getByText('not told: HTTP 503 five times').waitFor();
  await first.waitFor();
  await escalation.getByText(/Quiet hours: held until/).waitFor();
  await escalation.getByText('not told yet').waitFor();
  await shoot(page, 'escalations');
  await escalation.getByRole('button', { name: 'Stop escalating' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: /Stop escalating/ });
  const reason = 'on the phone with them';
  expect(await dialog.getByRole('button', { name: 'Stop escalating' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill(reason);
  await shoot(page, 'stop-escalating');
  await answered(
    page,
    () => page.keyboard.press('Enter'),
    () => EscalationCanceled(ticketId, { byAgentId: 'sue', reason, canceledAt: inMinutes(0) }),
  );
  await escalation.getByText(new RegExp(`^Stopped by Sue Hartwell .*: ${reason}$`)).waitFor();
  expect(await escalation.getByRole('button').count()).toBe(0);
  const agent = await signIn('ana');
  await agent.getByText('Ana Brandtner').waitFor();
  await agent.goto(`${console_.service.http}/tickets/${ticketId}`);
  await agent.getByRole('region', { name: 'Escalation' }).getByText('Level 2', { exact: true }).waitFor();
  expect(await agent.getByRole('button', { name: 'Stop escalating' }).count()).toBe(0);
  await twice(solvedBy(ticketId, 'ana'));
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
    await console_.stack.publish(
      ...arrived(ticket),
      ...(nth % 4 === 0 ? [SlaBreached(ticketId, missed), said(ticketId, metLate, open)] : [said(ticketId, met, kept)]),
      repliedBy(ticketId, 'ana', `${ticketId}-m`, 'x'),
      solvedBy(ticketId, 'ana'),
    );
  }
  await console_.stack.settled();
  const page = await signIn('sue');
  await page.getByRole('row', { name: /Billing and contracts/ }).waitFor();
  await page.keyboard.press('p');
  const kept = page.getByRole('region', { name: 'Promises kept' });
  const battery = kept.getByRole('row', { name: /Workshop and electronics First response/ });
  await battery.getByText('waited in queue 1').waitFor();
  const moved = { tickets: 6, checked: 2, moved: 1, clocksMoved: 1, earlier: 1, later: 0, breachesAdded: 0, breachesWithdrawn: 0 };
  const recomputed = { ...moved, bundle: 2, preview: false, done: false, examples: [], problems: [], asOf: inMinutes(0) };
  const applied = page.getByRole('region', { name: 'Policies and calendars applied' });
  await twice(ClocksRecomputed('bundle-2', recomputed));
  await applied.getByText('2 of 6…').waitFor();
  await twice(
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
  await twice(
    ...arrived(ticket),
    SlaOutlook('hopeless', { ...outlook, asOf: inMinutes(0) }),
    QueueOutlook('technical', { ...pace, breachInMinutes: 12.5, ticketId: 'hopeless', asOf: inMinutes(0) }),
    QueueOutlook('billing', { ...pace, agents: 3, breachInMinutes: 240, asOf: inMinutes(-20) }),
    QueueOutlook('general', { ...pace, agents: 2, breachInMinutes: null, asOf: inMinutes(0) }),
  );
  const page = await signIn('sue');
  const row = page.getByRole('row', { name: /Workshop and electronics/ });
  await row.getByText(/^in 12 min$/).waitFor();
  await row.getByText('1 online · 6/h in · 3.5/h begun').waitFor();
  expect(await row.locator('.soon-breached').count()).toBe(1);
  await page
    .getByRole('row', { name: /Billing/ })
    .getByText(/^as of \d/)
    .waitFor();
  const waiting = page.getByRole('button', { name: /Needed by noon/ });
  await waiting.getByText(/^cannot make it: expected \d/).waitFor();
  await shoot(page, 'outlook');
  // Live, without anybody touching the page.
  await twice(QueueOutlook('technical', { ...pace, breachInMinutes: 50, asOf: inMinutes(0) }));
  await row.getByText(/^in (49|50) min$/).waitFor();
  expect(await row.locator('.soon-breached').count()).toBe(0);
  await waiting.click();
  await page.getByRole('heading', { name: /Needed by noon/ }).waitFor();
  await page
    .locator('.facts')
    .getByText(/^cannot make it: expected \d/)
    .waitFor();
  await twice(SlaOutlook('hopeless', { ...outlook, asOf: inMinutes(-10) }));
  await page
    .locator('.facts')
    .getByText(/, as of \d/)
    .waitFor();
  await shoot(page, 'outlook-old');
  await twice(SlaOutlook('hopeless', { ...outlook, willBreach: false, asOf: inMinutes(0) }));
  await page.getByText(/cannot make it/).waitFor({ state: 'detached' });
  await twice(solvedBy('hopeless', 'ana'));
  await page.context().close();
});

it('tells a supervisor quietly of an escalation, live, until it is dismissed', async () => {
  const page = await signIn('sue');
  await page.getByText('Sue Hartwell').waitFor();
  await twice(
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
  await twice(solvedBy('noted-first', 'ana'), solvedBy('noted-second', 'ana'));
  await page.getByRole('button', { name: /notice/ }).waitFor({ state: 'detached' });
  await page.context().close();
});
