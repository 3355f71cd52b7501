import { TEXT_LENGTH_MAX } from '@signalbox/contracts';
import type { Article } from './search.js';

interface Closing {
  readonly person: string;
  readonly feedback: string;
}
const CLOSINGS: Record<string, Closing> = {
  en: { person: 'To reach a person, simply reply to this message.', feedback: 'Did this help? One click tells us:' },
  de: {
    person: 'Einen Menschen erreichen Sie, indem Sie einfach auf diese Nachricht antworten.',
    feedback: 'Hat das geholfen? Ein Klick genügt:',
  },
  fr: { person: 'Pour joindre une personne, répondez simplement à ce message.', feedback: 'Cela vous a-t-il aidé ? Un clic suffit :' },
  es: { person: 'Para hablar con una persona, responda a este mensaje.', feedback: '¿Le ha servido? Basta un clic:' },
  it: { person: 'Per parlare con una persona, rispondi a questo messaggio.', feedback: 'Ti è stato utile? Basta un clic:' },
  nl: { person: 'Wilt u een medewerker spreken, beantwoord dan gewoon dit bericht.', feedback: 'Heeft dit geholpen? Eén klik volstaat:' },
};

/** The article's own text, and last the one step to a person and to "this did not help". At most TEXT_LENGTH_MAX characters. */
export function composeAnswer(article: Article, feedbackLink: string): string {
  const language = article.locale.split('-')[0]!.toLowerCase();
  const { person, feedback } = CLOSINGS[Object.hasOwn(CLOSINGS, language) ? language : 'en']!;
  const closing = `\n\n${person}\n${feedback} ${feedbackLink}`;
  const text = article.text.trim();
  const room = TEXT_LENGTH_MAX - closing.length;
  return (text.length <= room ? text : `${text.slice(0, room - 1)}…`) + closing;
}
