import fc from 'fast-check';
import { signFeedbackToken, verifyFeedbackToken } from './feedback-token.js';

const SECRETS = ['the-newest-secret-of-all', 'an-older-secret-still-valid'];
const token = signFeedbackToken('ticket-1', SECRETS);

describe('feedback tokens', () => {
  it('name their ticket, also after a new secret came', () => {
    expect(verifyFeedbackToken(token, SECRETS)).toBe('ticket-1');
    expect(verifyFeedbackToken(signFeedbackToken('ticket-1', SECRETS.slice(1)), SECRETS)).toBe('ticket-1');
    expect(verifyFeedbackToken(token, ['another-secret-altogether'])).toBeUndefined();
  });
  it('are refused when any character is changed, added or taken away', () => {
    for (let at = 0; at < token.length; at += 1) {
      expect(verifyFeedbackToken(`${token.slice(0, at)}${token[at] === 'x' ? 'y' : 'x'}${token.slice(at + 1)}`, SECRETS)).toBeUndefined();
      expect(verifyFeedbackToken(token.slice(0, at) + token.slice(at + 1), SECRETS)).toBeUndefined();
    }
    expect(verifyFeedbackToken(`${token}x`, SECRETS)).toBeUndefined();
  });
  it('are refused, never thrown over, whatever text is given', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(verifyFeedbackToken(text, SECRETS)).toBeUndefined()));
  });
  it('are not made of an id that could not be read back', () => {
    expect(() => signFeedbackToken('a.b', SECRETS)).toThrow(/'a\.b'/);
  });
});
