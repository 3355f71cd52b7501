/** What is read of one text; what a ticket is about stands at its beginning, and the cost of a hostile one stays bounded. */
export const READ_LENGTH_MAX = 6_000;
const TERM_LENGTH_MAX = 40;

const ASCII_OF: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', '’': "'", '‘': "'", '`': "'" };

/** One spelling for what people write in several: lower case, compatibility forms joined, `ü` as `ue`. Never throws. */
export function foldText(text: string): string {
  return text
    .slice(0, READ_LENGTH_MAX)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[äöüß’‘`]/g, (character) => ASCII_OF[character]!)
    .slice(0, READ_LENGTH_MAX);
}

/** `Wie setze ich mein Passwort zurück?` asks for `zurücksetzen`. */
const SEPARATED = /(?<!\p{L})(setz|geb|schick|send|bekomm|ruf)(?:e|en|t|st)?\s+((?:[^\s.!?]+\s+){0,7}?)zurueck(?!\p{L})/gu;
const joinVerbs = (folded: string): string => folded.replace(SEPARATED, '$2zurueck$1en');

/** Runs of letters or digits, in order; `can't` is `cant`, as half of the people write it. */
export const wordsOf = (text: string): string[] =>
  joinVerbs(foldText(text))
    .replaceAll("'", '')
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];

/** Words that say nothing about the topic: grammar, greetings, politeness. Folded, German and English together. */
const EMPTY_WORDS = new Set(
  `a an the and or but if so as at by for from in into of off on onto out over to up with without about after before again all also am any are
  be been being both can cannot cant could couldnt did didnt do does doesnt doing dont down during each else few got get gets getting had has hasnt have
  havent having he her here hers him his how i id ill im ive is isnt it its itself just let like may me might mine more most much must my myself no
  nor not now only other our ours own please same shall she should since some still such than that thats their them then there these they this
  those through too try tried trying under until us very want wants was wasnt way we were what whats when where which while who whom whose why will
  wont would yes yet you your yours hello hi hey dear thanks thank regards kind best cheers sincerely need help question anyone someone somebody
  everything nothing anything something really maybe perhaps actually already always ever moment currently usually normally sometimes often several times again never every today yesterday tomorrow tell know think
  aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist bitte da dabei damit dann das dass dem den denn
  der deren des deshalb dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines einfach er es etwas
  euch euer eure fuer gar gegen gern gerne gibt haben habe habt hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im
  immer in ins ist ja jede jedem jeden jeder jedes jedoch jetzt kann kannst kein keine keinen keiner koennen koennt koennte koennten mal man mein
  meine meinem meinen meiner mich mir mit moechte moechten muss muessen nach nein nicht nichts noch nun nur ob oder ohne schon sehr sein seine
  seinem seinen seit sich sie sind so sobald soll sollen sollte sonst ueber um und uns unser unsere unter viel vom von vor waere war waren warum was
  weil welche welchem welchen welcher wenn wer werde werden wie wieder wieso will wir wird wo woher wohin wollen wurde wuerde zu zum zur zwar
  hallo guten tag morgen abend moin servus gruss gruesse viele freundlichen danke dank vielen vorab liebe lieber geehrte damen herren hilfe frage
  weiss heute gestern vielleicht eigentlich leider bereits denn gerade nochmal nochmals eben bisschen kurz zurzeit meist normalerweise oft mehrmals rein braeuchte haette wuerden koennten`.split(
    /\s+/,
  ),
);
export const isEmptyWord = (word: string): boolean => word.length < 2 || EMPTY_WORDS.has(word);

const ENDINGS = /(?:ungen|ings|ing|ung|est|ies|ied|ed|er|em|en|es|ern|st|e|n|s|y)$/;

/** A word without its most common German or English ending, at least four letters long; doubled last letters become one. */
export function stemOf(word: string): string {
  if (word.length < 5 || /\p{N}/u.test(word)) return word.slice(0, TERM_LENGTH_MAX);
  const stem = word.replace(ENDINGS, '');
  const kept = (stem.length < 4 ? word : stem).slice(0, TERM_LENGTH_MAX);
  return kept.replace(/(\p{L})\1$/u, '$1');
}

/** The stems that say something, in order, repeats included. */
export const termsOf = (text: string): string[] =>
  wordsOf(text)
    .filter((word) => !isEmptyWord(word))
    .map(stemOf);

const GRAM_LENGTH = 4;
/** Four-letter pieces inside one word: German compounds (`Passwortmail`) and slips of the pen still meet their word. */
export function gramsOf(term: string): string[] {
  if (term.length <= GRAM_LENGTH) return [term];
  return Array.from({ length: term.length - GRAM_LENGTH + 1 }, (_, index) => term.slice(index, index + GRAM_LENGTH));
}

const SENTENCES_MAX = 40;
/** One word (`Phone: …`, `I've moved.`) is like many a question; two begin to say something. */
const SENTENCE_TERMS_MIN = 2;

/** A text's sentences and lines. What has fewer than two terms stays with what follows, or with what went before. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  let begun = '';
  for (const piece of text.slice(0, READ_LENGTH_MAX).split(/(?<=[.!?;])\s+|\n+/)) {
    begun = begun === '' ? piece : `${begun} ${piece}`;
    if (termsOf(begun).length < SENTENCE_TERMS_MIN) continue;
    sentences.push(begun);
    begun = '';
    if (sentences.length === SENTENCES_MAX) return sentences;
  }
  if (termsOf(begun).length > 0) sentences.push(sentences.length === 0 ? begun : `${sentences.pop()} ${begun}`);
  return sentences;
}
