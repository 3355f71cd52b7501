import { AnswerReleased, ReplyReleased, type Draft } from '@signalbox/contracts';
import { aTicketSnapshot } from './a-ticket-snapshot.js';

export const aReply = (ticketId: string, messageId: string, text: string): Draft =>
  ReplyReleased(ticketId, { ticket: aTicketSnapshot(), messageId, agentId: 'ana', text });

export const anAnswer = (ticketId: string, messageId: string, text: string): Draft =>
  AnswerReleased(ticketId, {
    ticket: aTicketSnapshot({ status: 'pending', agentId: null }),
    messageId,
    answer: { articleId: 'a1', revision: 1, locale: 'en', title: 'Parcels', confidence: 0.9, text, feedbackToken: 'token' },
  });
