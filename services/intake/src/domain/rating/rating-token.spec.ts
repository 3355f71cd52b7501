import { signReplyToken } from '../mail/reply-token.js';
import { signRatingToken, verifyRatingToken } from './rating-token.js';

const ticketId = '0195f3a0-7b1c-7def-8a12-0123456789ab';

describe('a rating token', () => {
  it('names its ticket to whoever has one of the secrets', () => {
    const token = signRatingToken(ticketId, ['old']);
    expect(verifyRatingToken(token, ['new', 'old'])).toBe(ticketId);
    expect(verifyRatingToken(token, ['new'])).toBeUndefined();
  });

  it('is worth nothing when a letter was changed, cut off or added', () => {
    const token = signRatingToken(ticketId, ['secret']);
    for (const other of [token.replace('0195', '0196'), token.slice(0, -1), `${token}x`, `${token}.x`, ticketId, '', 'x'.repeat(10_000)])
      expect(verifyRatingToken(other, ['secret'])).toBeUndefined();
  });

  it('is not a reply token of the same secret', () => {
    expect(verifyRatingToken(signReplyToken({ ticketId }, ['secret']), ['secret'])).toBeUndefined();
  });

  it('is not made for an id that could not be read back', () => {
    expect(() => signRatingToken('a.b', ['secret'])).toThrow("id 'a.b' cannot stand in a rating token");
  });
});
