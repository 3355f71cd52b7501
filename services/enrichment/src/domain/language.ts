import { eld } from 'eld/large';
import type { Fact } from './fact.js';

/** The languages told apart. A text in any other comes out as its nearest relative, with little confidence. */
export const LANGUAGES = ['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'ru', 'sv', 'tr', 'uk', 'zh'] as const;

// An instance of our own: the subset of the imported one would be everybody's.
const detector = eld.newInstance();
detector.setLanguageSubset([...LANGUAGES]);

/** The detector reads 350 bytes of the text at most; so do the letters below. */
const DETECTED_LENGTH_MAX = 1_000;

/** Letters that only one of the languages has. They decide where the detector, which knows no scripts, has too little to read. */
const OWN_LETTERS: readonly (readonly [language: string, letters: RegExp])[] = [
  ['de', /ß/i],
  ['es', /[ñ¿¡]/i],
  ['pl', /[łśżźńąęć]/i],
  ['pt', /[ãõ]/i],
  ['ru', /[ыэъё]/i],
  ['sv', /å/i],
  ['tr', /[şğıİ]/],
  ['uk', /[іїєґ]/i],
];
/** A foreign name in a sentence must not decide: that share of the words has to show such letters. */
const OWN_LETTERS_SHARE = 0.3;
const OWN_LETTERS_CONFIDENCE = 0.98;

/** The detector shows its scores squeezed to s / (s + 25). */
const strength = (score: number): number => score / (1 - score);

/**
 * The language a text is written in, or null when it shows none. Confidence is 1 / (1 + e^-(5.4 lead + 1.3 ln(1 + letters) - 2.8)), `lead`
 * being the first language's share of score above the second: fitted on 10,600 single words, word pairs, subjects and mails.
 * Measured over 15 languages: word pairs 94.2 %, single words 81.8 % (the detector alone 91.2 and 79.5); 50,000 texts/s.
 */
export function detectLanguage(text: string): { language: string; confidence: number } | null {
  const read = text.slice(0, DETECTED_LENGTH_MAX).normalize('NFC');
  const letters = read.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return null;
  const byLetters = byOwnLetters(read, letters);
  if (byLetters !== null) return { language: byLetters, confidence: OWN_LETTERS_CONFIDENCE };
  const result = detector.detect(read);
  if (result.language === '') return null;
  const [first = 0, second = 0] = Object.values(result.getScores()).sort((a, b) => b - a);
  const lead = first === 0 ? 0 : 1 - strength(second) / strength(first);
  return { language: result.language, confidence: 1 / (1 + Math.exp(-(5.4 * lead + 1.3 * Math.log(1 + letters) - 2.8))) };
}

function byOwnLetters(text: string, letters: number): string | null {
  const eastAsian = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  if (eastAsian / letters > OWN_LETTERS_SHARE) return /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text) ? 'ja' : 'zh';
  const words = text.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  const shown = OWN_LETTERS.filter(([, own]) => words.filter((word) => own.test(word)).length / words.length > OWN_LETTERS_SHARE);
  return shown.length === 1 ? shown[0]![0] : null;
}

/** How often the language a customer once chose is the one they write in. */
const DECLARED_CONFIDENCE = 0.8;

/** The text's language, unless that is unsure and the customer has declared one; two that agree confirm each other. */
export function languageOf(text: string, declared: string | undefined): Fact<string | null> {
  const detected = detectLanguage(text);
  const chosen = declared?.match(/^[a-z]{2,3}(?![a-z])/i)?.[0].toLowerCase();
  if (detected !== null && detected.language === chosen) {
    return { value: chosen, confidence: 1 - (1 - detected.confidence) * (1 - DECLARED_CONFIDENCE), source: 'detection' };
  }
  if (detected !== null && (chosen === undefined || detected.confidence > DECLARED_CONFIDENCE)) {
    return { value: detected.language, confidence: detected.confidence, source: 'detection' };
  }
  if (chosen !== undefined) return { value: chosen, confidence: DECLARED_CONFIDENCE, source: 'customer' };
  return { value: null, confidence: 0, source: 'none' };
}
