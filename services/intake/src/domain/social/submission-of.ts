import type { Door } from '@signalbox/contracts';
import type { Submission } from '../submission.js';
import { cleanLine, cutTo } from '../text.js';
import type { SocialMessage } from './social-message.js';

/** Long enough to recognise a conversation by in a list. */
const SUBJECT_LENGTH_MAX = 80;

/** The first line of what a person wrote, where the channel knows no subjects. */
export function subjectFrom(text: string): string {
  // Two more than allowed: a cut may fall into a surrogate pair and leave one less.
  const line = cleanLine(text.trim().split('\n', 1)[0] ?? '', SUBJECT_LENGTH_MAX + 2);
  return line.length <= SUBJECT_LENGTH_MAX ? line : `${cutTo(line, SUBJECT_LENGTH_MAX - 1)}…`;
}

/** A social message as every door hands it over. Files are named in the text; their content still lies with the provider. */
export function submissionOf(message: SocialMessage, door: Door, raw: Submission['raw']): Submission {
  const files = message.attachments.map(({ kind, filename }) => (filename === undefined ? `[${kind}]` : `[${kind}: ${filename}]`));
  const text = [message.text, files.join(' ')].filter((part) => part !== '').join('\n');
  return {
    door,
    channel: message.channel,
    channelAccount: message.channelAccount,
    duplicateKey: message.providerMessageId,
    conversation: message.conversationKey,
    kind: 'human',
    customer: { address: message.replyAddress, name: message.from.name, identity: message.from.id },
    subject: subjectFrom(text),
    text,
    attachments: [],
    providerMessageId: message.providerMessageId,
    raw,
  };
}
