import * as fc from 'fast-check';
import {
  messageIdOf,
  plusAddressOf,
  signReplyToken,
  subjectToken,
  ticketNumberIn,
  tokenOfMessageId,
  tokenOfPlusAddress,
  verifyReplyToken,
} from './reply-token.js';

const secrets = ['new secret', 'old secret'];
const ticketId = '0195f3a0-7b1c-7def-8a12-0123456789ab';

describe('reply tokens', () => {
  it('come back as what was signed, in a Message-ID and in an address', () => {
    const messageId = '0195f3a0-7b1c-7def-8a12-ba9876543210';
    const id = messageIdOf(signReplyToken({ ticketId, messageId }, secrets), 'example.com');
    expect(verifyReplyToken(tokenOfMessageId(id), secrets)).toEqual({ ticketId, messageId });

    const address = plusAddressOf('support@example.com', signReplyToken({ ticketId }, secrets));
    expect(address).toMatch(/^support\+[0-9a-f]{32}\.[a-z2-7]{16}@example\.com$/);
    expect(verifyReplyToken(tokenOfPlusAddress(address!), secrets)).toEqual({ ticketId });
  });

  it('survive a server that folds upper and lower case', () => {
    const folded = signReplyToken({ ticketId }, secrets).toUpperCase();
    expect(verifyReplyToken(folded, secrets)).toBeUndefined();
    const [id, signature] = signReplyToken({ ticketId }, secrets).split('.');
    expect(verifyReplyToken(`${id}.${signature?.toUpperCase()}`, secrets)).toEqual({ ticketId });
  });

  it('of the old secret are still good, of a foreign one never', () => {
    expect(verifyReplyToken(signReplyToken({ ticketId }, ['old secret']), secrets)).toEqual({ ticketId });
    expect(verifyReplyToken(signReplyToken({ ticketId }, ['guess']), secrets)).toBeUndefined();
    expect(verifyReplyToken(signReplyToken({ ticketId }, secrets), [''])).toBeUndefined();
  });

  it('cannot be moved to another ticket or message', () => {
    const [, , signature] = signReplyToken({ ticketId: 't1', messageId: 'm1' }, secrets).split('.');
    expect(verifyReplyToken(`t1.m2.${signature}`, secrets)).toBeUndefined();
    expect(verifyReplyToken(`t1.${signature}`, secrets)).toBeUndefined();
  });

  it('round trip for any id that may stand in them', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,80}$/);
    fc.assert(
      fc.property(id, fc.option(id, { nil: undefined }), (ticket, messageId) => {
        // 32 hexadecimal digits are read as a UUID without its dashes: our ids are never such.
        fc.pre(![ticket, messageId ?? ''].some((text) => /^[0-9a-f]{32}$/i.test(text)));
        const token = messageId === undefined ? { ticketId: ticket } : { ticketId: ticket, messageId };
        expect(verifyReplyToken(signReplyToken(token, secrets), secrets)).toEqual(token);
      }),
    );
  });

  it('are refused without throwing, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(verifyReplyToken(text, secrets)).toBeUndefined()));
  });

  it('say which id cannot be signed', () => {
    expect(() => signReplyToken({ ticketId: 'a.b' }, secrets)).toThrow(
      "id 'a.b' cannot stand in a reply token; allowed: 1 to 80 of A-Z a-z 0-9 _ -",
    );
    expect(() => signReplyToken({ ticketId }, [])).toThrow('no secret is configured to sign reply tokens');
  });

  it('leave an address alone that would become longer than servers accept', () => {
    expect(plusAddressOf('a-rather-long-mailbox-name@example.com', signReplyToken({ ticketId }, secrets))).toBeUndefined();
  });
});

describe('subject tokens', () => {
  it('give the number of the last genuine token', () => {
    expect(ticketNumberIn(`Re: Fwd: order ${subjectToken(7, secrets)} ${subjectToken(1042, ['old secret'])}`, secrets)).toBe(1042);
  });

  it.each(['[#1042]', '[#1042-aaaaaaaa]', 'Re: #1042', subjectToken(1042, secrets).replace('1042', '1043')])(
    'do not believe %j',
    (subject) => {
      expect(ticketNumberIn(subject, secrets)).toBeUndefined();
    },
  );
});
