import { ConsoleTopic, IdleExplained, OfferDeclined, RequestRefused } from '@signalbox/contracts';
import { shoot } from './a-browser.js';
import { DESK_COMPANY } from './desk-company.js';
import { arrived, assignedTo, atWork, decided, heldBy, inMinutes, offeredTo, repliedBy, resumedBy, solvedBy, wrote } from './the-desk.js';
import { seen, ThePage } from './the-page.js';
import { snapshot } from './the-story.js';

let desk: ThePage;
beforeAll(async () => {
  desk = await ThePage.open();
});
afterAll(() => desk?.close());
afterEach(() => desk.hasNoComplaints());

it('explains to a stranger how to get in', async () => {
  const page = await desk.browser.open(desk.console.service.http);
  await page.getByText('You come in here with a sign-in link').waitFor();
  expect(desk.browser.complaints).toEqual([]);
  // What the other tests rely on: something inline is blocked, and heard of.
  const heard = page.waitForEvent('console', { predicate: (message) => message.text().startsWith('CSP: style-src') });
  await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
  await heard;
  desk.browser.complaints.length = 0;
  await shoot(page, 'sign-in');
  await page.context().close();
});

it('lets an agent accept, reply and note by keyboard, and shows what becomes of it', async () => {
  const page = await desk.signIn('ana');
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

  await desk.answered(
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
  await desk.twice(wrote('double', 'double-second', 'It is urgent, the account is overdrawn.'));
  await page.getByText('It is urgent, the account is overdrawn.').waitFor();
  const field = page.getByRole('textbox', { name: 'Reply' });
  expect(await field.inputValue()).toBe(text);
  await page.reload();
  expect(await field.inputValue()).toBe(text);
  await page.keyboard.press('r');
  await desk.answered(
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
  await desk.twice(RequestRefused('double', { ...refusal, requestId, agentId: 'ana' }));
  await page.getByRole('alert').getByText('the ticket was handed to Deniz meanwhile').waitFor();
  await shoot(page, 'refused');
  await page.context().close();
});

it('declines an offer with a reason, by keyboard', async () => {
  const page = await desk.signIn('deniz');
  await desk.twice(
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
  await desk.answered(
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
  expect(desk.console.stack.eventsAbout('dunning', ConsoleTopic)).toMatchObject([
    { type: 'DeclineRequested', data: { reason: 'not my field', reasonName: 'not-my-field' } },
  ]);
  await page.context().close();
});

it('holds, resumes, and solves with the reply', async () => {
  const page = await desk.signIn('ana');
  await page.getByRole('button', { name: /#1036/ }).click();
  const status = page.locator('.facts .status');
  await page.getByRole('heading', { name: /old company/ }).waitFor();
  const hold = async (): Promise<void> => {
    await page.keyboard.press('h');
    await page.keyboard.press('Enter');
  };
  await desk.answered(page, hold, () => heldBy('address', 'ana'));
  await status.filter({ hasText: 'pending' }).waitFor();
  await desk.answered(
    page,
    () => page.keyboard.press('u'),
    () => resumedBy('address', 'ana'),
  );
  await status.filter({ hasText: 'open' }).waitFor();
  await page.keyboard.press('r');
  await page.keyboard.type('The corrected invoice is attached.');
  await desk.answered(
    page,
    () => page.getByRole('button', { name: 'Reply and solve' }).click(),
    () => solvedBy('address', 'ana'),
  );
  await status.filter({ hasText: 'solved' }).waitFor();
  expect(desk.console.stack.eventsAbout('address', ConsoleTopic)).toMatchObject([
    { type: 'HoldRequested', data: { status: 'pending' } },
    { type: 'ResumeRequested' },
    { type: 'ReplyWritten', data: { text: 'The corrected invoice is attached.', thenStatus: 'solved' } },
  ]);
  await page.context().close();
});

it('finds by number and by word, and shows customer text as text', async () => {
  const page = await desk.signIn('ana', { colorScheme: 'dark' });
  await desk.twice(wrote('late', 'late-hostile', '<img src=x onerror="document.title=1"> <b>bold</b>'));
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
  const page = await desk.signIn('sue');
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
  await page.goto(`${desk.console.service.http}/tickets/double`);
  await page.getByRole('region', { name: 'Decisions' }).getByText('runner-up Deniz Aksoy 1.84').waitFor();
  await shoot(page, 'decisions');
  await page.setViewportSize({ width: 1024, height: 768 });
  await shoot(page, 'narrow');
  await page.setViewportSize({ width: 420, height: 900 });
  await shoot(page, 'phone');
  await page.context().close();
});

it('tells a supervisor why an agent with room gets no ticket, by keyboard, and nobody else', async () => {
  const page = await desk.signIn('sue');
  const button = page.getByRole('button', { name: 'Why no ticket for Carla Medeiros?' });
  await button.waitFor();
  expect(await page.getByRole('button', { name: 'Why no ticket for Ben Okoro?' }).count()).toBe(0);
  await button.focus();
  await page.keyboard.press('Enter');
  const row = page.getByRole('listitem').filter({ hasText: 'Carla Medeiros' });
  const status = row.getByRole('status');
  await status.getByText('Asking routing…').waitFor();
  const asked = await seen(() => desk.console.stack.eventsAbout('carla', ConsoleTopic).find(({ type }) => type === 'WhyIdleRequested'));
  const reasons = [
    { reason: 'electronics below 3', tickets: 4 },
    { reason: 'not in queue billing', tickets: 2 },
    { reason: 'excluded for this ticket', tickets: 1 },
  ];
  const said = { why: 'nothing-fits' as const, reasons, waiting: 7, bounded: false, onTheWay: 1 };
  await desk.twice(IdleExplained('carla', { requestId: asked.id, ...said, explainedAt: inMinutes(0) }));
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

  const other = await desk.signIn('ana');
  await other.getByText('Ana Brandtner').waitFor();
  await other.goto(`${desk.console.service.http}/board`);
  await other.getByText("this needs the role supervisor or admin; yours is 'agent'").waitFor();
  expect(await other.getByRole('button', { name: /Why no ticket/ }).count()).toBe(0);
  expect(desk.browser.complaints).toEqual([expect.stringContaining('403')]);
  desk.browser.complaints.length = 0;
  await other.context().close();
});

it('goes on after its stream was cut, without losing what happened meanwhile', async () => {
  const page = await desk.signIn('sue');
  await page.getByRole('row', { name: /General questions/ }).waitFor();
  // A change of configuration ends every session's stream.
  const queue = DESK_COMPANY.find(({ name }) => name === 'general')!;
  const renamed = { ...queue, content: { ...queue.content, title: 'Anything else' } };
  await desk.console.call('POST', '/configuration', desk.admin, { documents: [renamed] });
  await desk.twice(
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
  await desk.twice(
    ...arrived({ ticketId: 'again', number: 1045, subject: 'Opening hours on Sunday', text: 'And then?', minutesAgo: 0, dueInMinutes: 60 }),
  );
  await page.getByRole('button', { name: /#1045/ }).waitFor();
  await page.context().close();
});

it('tells the desk who is there, and keeps the lease', async () => {
  const page = await desk.signIn('edda');
  const put = page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.getByRole('button', { name: 'Online' }).click();
  expect((await put).status()).toBe(202);
  await page.waitForResponse((response) => response.request().method() === 'PUT' && response.status() === 202, { timeout: 40_000 });
  await page.context().close();
});

it('lets an agent who did not respond, or whose shift is over, take tickets again by keyboard', async () => {
  const edda = (fields: Parameters<typeof atWork>[5]) => desk.twice(atWork('edda', 'online', 0, 3, ['general'], fields));
  const chosen = () =>
    desk.console.stack.eventsAbout('edda', ConsoleTopic).filter(({ data }) => (data as { chosen?: boolean }).chosen).length;
  await edda({ inRotation: false });
  const [page, board] = [await desk.signIn('edda'), await desk.signIn('sue')];
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
