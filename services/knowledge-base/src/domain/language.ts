import { eld } from 'eld/small';
import { foldText } from './text.js';

/** More than the articles' own: a French text must not come out as English for want of a choice. */
const LANGUAGES = ['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'ru', 'sv', 'tr', 'uk', 'zh'];
// An instance of our own: the subset of the imported one would be everybody's.
const detector = eld.newInstance();
detector.setLanguageSubset(LANGUAGES);

const DETECTED_LENGTH_MAX = 1_000;
/** Shorter texts say less than what the customer's own choice of language does. */
const SURE_LETTERS_MIN = 25;

/** The language a text is written in: detected where there is enough of it, else the declared one; null when neither tells. */
export function languageOf(text: string, declared: string | undefined): string | null {
  const read = text.slice(0, DETECTED_LENGTH_MAX);
  const letters = foldText(read).match(/\p{L}/gu)?.length ?? 0;
  const detected = letters === 0 ? null : detector.detect(read).language || null;
  if (declared !== undefined && (detected === null || letters < SURE_LETTERS_MIN || declared.split('-')[0] === detected)) return declared;
  return detected;
}
