import * as fc from 'fast-check';
import { readBounce } from './bounce.js';

describe('readBounce', () => {
  it('reads who was not reached, how finally, and which mail it was', () => {
    const raw = [
      'From: MAILER-DAEMON@example.net',
      'Message-ID: <report@example.net>',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      '',
      'Your message could not be delivered.',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; example.net',
      '',
      'Final-Recipient: rfc822; gone@example.com',
      'Action: failed',
      'Status: 5.1.1',
      '',
      'Final-Recipient: RFC822; <Full@Example.com>',
      'Status: 4.2.2',
      '',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'From: support@example.org',
      'Message-ID:',
      ' <t1.m1.signature@example.org>',
      '',
      'Hello',
      '--b--',
    ].join('\r\n');
    expect(readBounce(Buffer.from(raw))).toEqual({
      messageIds: ['<t1.m1.signature@example.org>'],
      recipients: [
        { address: 'gone@example.com', status: '5.1.1', permanent: true },
        { address: 'Full@example.com', status: '4.2.2', permanent: false },
      ],
    });
  });

  it('makes do with X-Failed-Recipients', () => {
    const raw =
      'From: mailer-daemon@example.net\nX-Failed-Recipients: gone@example.com, lost@example.com\n\nMessage-Id: <t1.m1.s@example.org>\n';
    expect(readBounce(Buffer.from(raw))).toEqual({
      messageIds: ['<t1.m1.s@example.org>'],
      recipients: [
        { address: 'gone@example.com', permanent: true },
        { address: 'lost@example.com', permanent: true },
      ],
    });
  });

  it('does not take the report for the mail that bounced', () => {
    expect(readBounce(Buffer.from('Message-ID: <report@example.net>\r\n\r\nSorry.')).messageIds).toEqual([]);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (raw) => expect(readBounce(raw).recipients.length).toBeLessThanOrEqual(20)));
  });
});
