import { createHmac, timingSafeEqual } from 'node:crypto';

const CONVERSATION = /^[0-9a-f-]{36}$/;

/** What a widget shows to go on with its conversation. Whoever has it reads the conversation, so it is never logged. */
export const signChatToken = (conversation: string, secret: string): string => `${conversation}.${signature(conversation, secret)}`;

/** The conversation of a genuine token, or undefined. */
export function verifyChatToken(token: string, secret: string): string | undefined {
  const dot = token.indexOf('.');
  const conversation = token.slice(0, Math.max(0, dot));
  if (!CONVERSATION.test(conversation)) return undefined;
  const given = Buffer.from(token.slice(dot + 1));
  const expected = Buffer.from(signature(conversation, secret));
  return given.length === expected.length && timingSafeEqual(given, expected) ? conversation : undefined;
}

const signature = (conversation: string, secret: string): string =>
  createHmac('sha256', secret).update(`chat ${conversation}`).digest('base64url');
