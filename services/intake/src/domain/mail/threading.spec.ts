import { messageIdOf, plusAddressOf, signReplyToken, subjectToken } from './reply-token.js';
import { referencesToLookUp, threadMail, type ReferencesFound, type ThreadedMail } from './threading.js';

const secrets = ['secret'];
const mail = (parts: Partial<ThreadedMail>): ThreadedMail => ({
  from: { address: 'ann@example.com' },
  to: [{ address: 'support@example.org' }],
  deliveredTo: [],
  subject: 'Re: order',
  inReplyTo: [],
  references: [],
  ...parts,
});
const nothing: ReferencesFound = { ticketIds: new Set(), ticketIdByMessageId: new Map() };
const thread = (parts: Partial<ThreadedMail>, found: Partial<ReferencesFound>, envelopeTo?: string[]) =>
  threadMail(mail(parts), referencesToLookUp(mail(parts), secrets, envelopeTo), { ...nothing, ...found });

const ours = (ticketId: string, messageId = 'm1') => messageIdOf(signReplyToken({ ticketId, messageId }, secrets), 'example.org');
const known = {
  ticketIds: new Set(['t1', 't2']),
  ticketIdByMessageId: new Map([
    ['<a@example.com>', 't3'],
    ['<b@example.com>', 't4'],
  ]),
};

describe('referencesToLookUp', () => {
  it('asks for In-Reply-To first, then for References from the last to the first', () => {
    const lookUp = referencesToLookUp(mail({ inReplyTo: ['<c@x>'], references: ['<a@x>', '<b@x>', '<c@x>'] }), secrets);
    expect(lookUp).toEqual({ ticketIds: [], messageIds: ['<c@x>', '<b@x>', '<a@x>'] });
  });

  it('is bounded', () => {
    const references = Array.from({ length: 100 }, (_, index) => `<${index}@x>`);
    expect(referencesToLookUp(mail({ references }), secrets).messageIds).toHaveLength(50);
  });
});

describe('threadMail', () => {
  it('believes our signed token before anything else', () => {
    expect(thread({ references: [ours('t1')], inReplyTo: ['<a@example.com>'] }, known)).toEqual({
      kind: 'reply',
      ticketId: 't1',
      by: 'reply-token',
    });
  });

  it.each([
    ['To', { to: [{ address: plusAddressOf('support@example.org', signReplyToken({ ticketId: 't2' }, secrets))! }] }, undefined],
    ['Delivered-To', { deliveredTo: [plusAddressOf('support@example.org', signReplyToken({ ticketId: 't2' }, secrets))!] }, undefined],
    ['the envelope', {}, [plusAddressOf('support@example.org', signReplyToken({ ticketId: 't2' }, secrets))!]],
  ])('finds the token in a plus address of %s', (_where, parts, envelopeTo) => {
    expect(thread(parts, known, envelopeTo)).toEqual({ kind: 'reply', ticketId: 't2', by: 'reply-token' });
  });

  it('takes the message that is answered before older ones of the thread', () => {
    expect(thread({ inReplyTo: [ours('t2')], references: [ours('t1')] }, known)).toMatchObject({ ticketId: 't2' });
    expect(thread({ references: [ours('t2'), ours('t1')] }, known)).toMatchObject({ ticketId: 't1' });
  });

  it('climbs down: In-Reply-To, then References from the end', () => {
    expect(thread({ inReplyTo: ['<a@example.com>'], references: ['<b@example.com>'] }, known)).toEqual({
      kind: 'reply',
      ticketId: 't3',
      by: 'in-reply-to',
    });
    expect(
      thread({ inReplyTo: ['<x@example.com>'], references: ['<a@example.com>', '<b@example.com>', '<y@example.com>'] }, known),
    ).toEqual({
      kind: 'reply',
      ticketId: 't4',
      by: 'references',
    });
  });

  it('goes on when a genuine token names a ticket that no longer exists', () => {
    expect(thread({ inReplyTo: [ours('erased')], references: ['<a@example.com>'] }, known)).toMatchObject({
      ticketId: 't3',
      by: 'references',
    });
  });

  describe('by subject', () => {
    const subject = `Fwd: order ${subjectToken(1042, secrets)}`;
    const numbered = { ticketId: 't5', participants: ['Ann@example.com', 'bob@example.com'] };

    it('joins when the token is signed and the sender takes part', () => {
      expect(thread({ subject }, { numbered })).toEqual({ kind: 'reply', ticketId: 't5', by: 'subject-token' });
    });

    it('never joins for a stranger', () => {
      expect(thread({ subject, from: { address: 'eve@example.com' } }, { numbered })).toEqual({ kind: 'new-ticket' });
    });

    it('never joins by a number somebody could guess', () => {
      expect(thread({ subject: 'Re: order [#1042]' }, { numbered })).toEqual({ kind: 'new-ticket' });
      expect(thread({ subject: 'Re: order [#1042-aaaaaaaa]' }, { numbered })).toEqual({ kind: 'new-ticket' });
    });
  });

  it('opens a ticket for forged tokens and unknown ids', () => {
    const forged = messageIdOf(signReplyToken({ ticketId: 't1', messageId: 'm1' }, ['guess']), 'example.org');
    expect(thread({ inReplyTo: [forged], references: ['<unknown@example.com>'] }, known)).toEqual({ kind: 'new-ticket' });
  });
});
