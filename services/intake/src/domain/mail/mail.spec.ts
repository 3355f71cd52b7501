import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { MAIL_TEXT_LENGTH_MAX, readMail, type ReceivedMail } from './mail.js';

const receivedAt = new Date('2025-03-03T16:18:00Z');
const bytes = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');
const read = async (...lines: string[]): Promise<ReceivedMail> => {
  const mail = await readMail(bytes(...lines), receivedAt);
  if (mail.kind !== 'mail') throw new Error(`quarantined: ${mail.reason}`);
  return mail;
};

describe('readMail', () => {
  it('reads an ordinary reply', async () => {
    const mail = await read(
      'Delivered-To: support+token@Example.org',
      'From: "Ann Example" <Ann@Example.COM>',
      'To: Support <support@example.org>, undisclosed-recipients:;',
      'Cc: bob@example.com',
      'Subject: =?utf-8?Q?R=C3=BCckgabe?= order',
      'Message-ID: <m1@example.com>',
      'In-Reply-To: Your message of today <t.m.s@example.org>',
      'References: <a@example.org> <b c@example.org>',
      ' <t.m.s@example.org>',
      'Date: Mon, 3 Mar 2025 17:10:00 +0100 (CET)',
      '',
      'It is order 1042.',
    );
    expect(mail).toMatchObject({
      from: { address: 'Ann@example.com', name: 'Ann Example' },
      to: [{ address: 'support@example.org', name: 'Support' }, { address: 'bob@example.com' }],
      deliveredTo: ['support+token@example.org'],
      subject: 'Rückgabe order',
      messageId: '<m1@example.com>',
      inReplyTo: ['<t.m.s@example.org>'],
      references: ['<a@example.org>', '<t.m.s@example.org>'],
      sentAt: new Date('2025-03-03T16:10:00Z'),
      text: 'It is order 1042.',
      textTruncated: false,
      attachments: [],
    });
    expect(mail.html).toBeUndefined();
  });

  it('shows HTML without anything that runs or loads, and makes text of it', async () => {
    const mail = await read(
      'From: ann@example.com',
      'Content-Type: multipart/related; boundary=b',
      '',
      '--b',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p onclick="x()">Hello <b>you</b></p><script>alert(1)</script><img src="https://example.com/track.gif"><a href="javascript:x()">a</a><a href="https://example.com">b</a>',
      '--b--',
    );
    expect(mail.html).toBe(
      '<p>Hello <b>you</b></p><a rel="noopener noreferrer nofollow" target="_blank">a</a><a href="https://example.com" rel="noopener noreferrer nofollow" target="_blank">b</a>',
    );
    expect(mail.text).toContain('Hello you');
  });

  it('takes attachments with hash, size and a harmless name', async () => {
    const mail = await read(
      'From: ann@example.com',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'See the invoice.',
      '--b',
      'Content-Type: application/pdf; name="../../etc/invoice.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      'JVBERg==',
      '--b--',
    );
    expect(mail.attachments).toEqual([
      {
        filename: '.._.._etc_invoice.pdf',
        contentType: 'application/pdf',
        sizeBytes: 4,
        sha256: createHash('sha256').update('%PDF').digest('hex'),
        content: Buffer.from('%PDF'),
      },
    ]);
  });

  it('counts what it leaves out beyond 50 attachments', async () => {
    const part = ['--b', 'Content-Type: image/png', '', 'x'];
    const mail = await read(
      'From: ann@example.com',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      ...Array.from({ length: 60 }, () => part).flat(),
      '--b--',
    );
    expect([mail.attachments.length, mail.attachmentsLeftOut]).toEqual([50, 10]);
  });

  it('takes the body for text although its Content-Disposition is broken', async () => {
    const mail = await read(
      'From: ann@example.com',
      'Content-Type: text/html',
      'Content-Disposition: =?utf-8?Q?invalid?=',
      '',
      '<p>Hello</p>',
    );
    expect(mail.text.trim()).toBe('Hello');
  });

  it.each([
    ['an unencoded Windows-1252 subject', 'Subject: Forma\xe7\xe3o', 'Formação'],
    ['an unencoded UTF-8 subject', 'Subject: Forma\xc3\xa7\xc3\xa3o', 'Formação'],
    ['an unknown charset', 'Subject: =?klingon?Q?Hello?=', 'Hello'],
    ['NUL bytes and folded lines', 'Subject: Hel\0lo\r\n there', 'Hello there'],
  ])('survives %s', async (_what, header, subject) => {
    expect((await read(header, 'From: ann@example.com', '', 'x')).subject).toBe(subject);
  });

  it('decodes the body from its charset, and from an unknown one as well as it can', async () => {
    expect((await read('From: ann@example.com', 'Content-Type: text/plain; charset=koi8-r', '', '\xd0\xd2\xc9\xd7\xc5\xd4')).text).toBe(
      'привет',
    );
    expect((await read('From: ann@example.com', 'Content-Type: text/plain; charset=klingon', '', 'hi\0')).text).toBe('hi');
  });

  it.each([
    ['unreadable', 'Date: yesterday evening'],
    ['before mail existed', 'Date: Thu, 1 Jan 1970 00:00:00 +0000'],
    ['from the future', 'Date: Thu, 1 Jan 2099 00:00:00 +0000'],
    ['absent', 'X-Other: x'],
  ])('has no sentAt when the date is %s', async (_what, header) => {
    expect((await read('From: ann@example.com', header, '', 'x')).sentAt).toBeUndefined();
  });

  it('bounds subject, text and recipients', async () => {
    const mail = await read(
      'From: ann@example.com',
      `To: ${Array.from({ length: 300 }, (_, index) => `a${index}@example.com`).join(', ')}`,
      `Subject: ${'s'.repeat(5_000)}`,
      '',
      'line\r\n'.repeat(100_000),
    );
    expect([mail.to.length, mail.subject.length, mail.text.length, mail.textTruncated]).toEqual([100, 500, MAIL_TEXT_LENGTH_MAX, true]);
  });

  describe('the sender', () => {
    it.each([
      ['Sender', 'From: Undisclosed', 'Sender: ann@example.com'],
      ['Reply-To', 'From: <>', 'Reply-To: ann@example.com'],
      ['Return-Path', 'Subject: none', 'Return-Path: <ann@example.com>'],
      ['a From nobody should write', 'From: Ann Example ann@example.com', 'X-A: b'],
      ['the first of several', 'From: team: ann@example.com, bob@example.com;', 'X-A: b'],
    ])('comes from %s', async (_what, ...headers) => {
      expect((await read(...headers, '', 'x')).from.address).toBe('ann@example.com');
    });

    it('comes from the envelope when the headers name none', async () => {
      expect(await readMail(bytes('Subject: x', '', 'x'), receivedAt, 'ann@example.com')).toMatchObject({
        from: { address: 'ann@example.com' },
      });
    });

    it('is missing: the mail is quarantined, not lost and not answered', async () => {
      expect(await readMail(bytes('From: nobody', '', 'x'), receivedAt, '')).toEqual({
        kind: 'quarantined',
        reason: "no usable sender: From is 'nobody', and no other header names one",
      });
    });
  });

  it.each([
    ['100,000 parts', ['From: a@example.com', 'Content-Type: multipart/mixed; boundary=b', '', '--b\r\n\r\nx\r\n'.repeat(100_000)]],
    ['1 MB of headers', ['From: a@example.com', `X-Big: ${'a'.repeat(1_200_000)}`, '', 'x']],
  ])('quarantines %s', async (_what, lines) => {
    expect(await readMail(bytes(...lines), receivedAt)).toMatchObject({
      kind: 'quarantined',
      reason: expect.stringContaining('the mail cannot be parsed: Max'),
    });
  });

  describe('duplicateKey', () => {
    const sent = ['From: ann@example.com', 'Subject: x', 'Message-ID: <m1@example.com>', ''];

    it('is the same when the mail comes again on another way', async () => {
      const first = await read(...sent, 'Hello');
      const again = await read('Received: from relay.example.net', 'Delivered-To: support@example.org', ...sent, 'Hello');
      expect(again.duplicateKey).toBe(first.duplicateKey);
    });

    it('differs for another text under the same Message-ID, and for another Message-ID', async () => {
      const keys = [
        await read(...sent, 'Hello'),
        await read(...sent, 'Goodbye'),
        await read(...sent.with(2, 'Message-ID: <m2@example.com>'), 'Hello'),
      ];
      expect(new Set(keys.map(({ duplicateKey }) => duplicateKey)).size).toBe(3);
    });

    it('is that of the bytes without a Message-ID', async () => {
      const [a, b, c] = [
        await read('From: ann@example.com', '', 'x'),
        await read('From: ann@example.com', '', 'x'),
        await read('From: ann@example.com', '', 'y'),
      ];
      expect(a.duplicateKey === b.duplicateKey && b.duplicateKey !== c.duplicateKey).toBe(true);
    });
  });

  it('never throws and never lets NUL or lone surrogates through, whatever the bytes', async () => {
    const noise = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('latin1'));
    // prettier-ignore
    const header = fc.constantFrom(
      'From: a@example.com', 'From: =?utf-16?B?2AAAAA==?= <a@example.com>', 'Subject: \0\ud800', 'Content-Type: multipart/mixed; boundary=b', 'Content-Type: text/html',
      'Content-Type: text/plain; charset=utf-16le', 'Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: quoted-printable', 'Date: x', '--b', '', '\0', 'References: <>',
    );
    const mails = fc.array(fc.oneof(header, noise), { maxLength: 12 }).map((lines) => bytes(...lines));
    await fc.assert(
      fc.asyncProperty(fc.oneof(mails, fc.uint8Array({ maxLength: 500 })), async (raw) => {
        const mail = await readMail(raw, receivedAt);
        const texts =
          mail.kind === 'mail' ? [mail.text, mail.subject, mail.html ?? '', mail.from.address, mail.from.name ?? ''] : [mail.reason];
        for (const text of texts) expect(text.isWellFormed() && !text.includes('\0')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
