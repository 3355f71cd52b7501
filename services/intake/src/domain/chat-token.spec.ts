import * as fc from 'fast-check';
import { signChatToken, verifyChatToken } from './chat-token.js';

describe('a chat token', () => {
  it('opens its own conversation and no other', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (mine, other) => {
        const token = signChatToken(mine, 'secret');
        expect(verifyChatToken(token, 'secret')).toBe(mine);
        expect(verifyChatToken(token, 'another secret')).toBeUndefined();
        if (mine !== other) expect(verifyChatToken(token.replace(mine, other), 'secret')).toBeUndefined();
        expect(token.length).toBeLessThanOrEqual(200);
      }),
    );
  });

  it('never throws on anything', () => {
    fc.assert(fc.property(fc.string(), (text) => verifyChatToken(text, 'secret') === undefined));
  });
});
