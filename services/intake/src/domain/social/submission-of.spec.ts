import type { SocialMessage } from './social-message.js';
import { subjectFrom, submissionOf } from './submission-of.js';

const said = (more: Partial<SocialMessage>): SocialMessage => ({
  channel: 'social',
  platform: 'telegram',
  channelAccount: 'telegram:helpbot',
  providerMessageId: '17',
  from: { id: '5', name: 'Ann' },
  replyAddress: '-100',
  text: 'Hello\nthere',
  attachments: [],
  sentAt: new Date('2026-11-24T09:00:00Z'),
  conversationKey: 'telegram:helpbot/-100/5',
  ...more,
});
const raw = { sizeBytes: 1 };

describe('submissionOf', () => {
  it('answers to the chat, and knows the member of the group who wrote', () => {
    expect(submissionOf(said({}), 'telegram', raw)).toMatchObject({
      customer: { address: '-100', identity: '5', name: 'Ann' },
      duplicateKey: '17',
      conversation: 'telegram:helpbot/-100/5',
      subject: 'Hello',
      text: 'Hello\nthere',
    });
  });

  it('names the files of a message, so that one without words is not empty', () => {
    const attachments = [{ kind: 'image', reference: 'a' } as const, { kind: 'document', reference: 'b', filename: 'bill.pdf' } as const];
    expect(submissionOf(said({ text: '', attachments }), 'telegram', raw)).toMatchObject({
      subject: '[image] [document: bill.pdf]',
      text: '[image] [document: bill.pdf]',
    });
  });
});

describe('subjectFrom', () => {
  it('is the first line with words, at most 80 units and never half a character', () => {
    expect(subjectFrom('\n\n  Where is\tmy parcel? \nIt was due')).toBe('Where is my parcel?');
    const long = subjectFrom('😀'.repeat(100));
    expect(long.length).toBeLessThanOrEqual(80);
    expect(long.isWellFormed()).toBe(true);
    expect(long.endsWith('…')).toBe(true);
  });
});
