import {
  ADDRESS_LIKE,
  DATE_LIKE,
  FORWARD_LINE,
  headerKindOf,
  MESSAGE_DELIMITER,
  OPENS_WITH_WORD,
  SENT_FROM,
  SIGNATURE_DELIMITER,
  STARTS_WITH_DATE,
  WROTE_VERB,
} from './quote-marks.js';

/** What a line is: written here, empty, quoted (`>`), the line that introduces a quote, the head of an unquoted original, or signature. */
type Kind = 'text' | 'empty' | 'quote' | 'introduction' | 'original' | 'signature';
interface Line {
  kind: Kind;
  text: string;
}

/** A longer "signature" is more likely a letter with a dashed line in it. */
const SIGNATURE_LINES_MAX = 25;
/** Below a line of three dashes or more, which may as well be a ruler in the text. */
const RULED_SIGNATURE_LINES_MAX = 8;
/** Below "Sent from my iPhone" a name may follow, hardly more. */
const DEVICE_SIGNATURE_LINES_MAX = 3;
/** Introductions looked at in one mail: a thread quoted deeper than this says nothing new. */
const INTRODUCTIONS_MAX = 20;
/** An introduction is wrapped over at most this many lines, empty ones included. */
const INTRODUCTION_LINES_MAX = 6;
const INTRODUCTION_LENGTH_MAX = 400;

/**
 * What the person wrote: without the mail it answers and without signatures. Answers between quoted lines keep the quotes
 * they answer. Whatever happens, a text that says something never becomes empty: then it is given back whole.
 */
export function trimReply(text: string): string {
  const whole = text.replace(/\r\n?/g, '\n').replaceAll('\u00a0', ' ');
  const lines = classify(whole.split('\n'));
  const kept = withoutEdges(withoutQuotedMail(withoutSignatures(lines)));
  return kept.some(({ kind }) => kind === 'text')
    ? kept
        .map((line) => line.text)
        .join('\n')
        .trimEnd()
    : trimBlankLines(whole);
}

function classify(raw: readonly string[]): Line[] {
  const lines: Line[] = [];
  const fence = /^\s{0,3}```/;
  const lastFence = raw.findLastIndex((text) => fence.test(text));
  let inCode = false;
  for (const [index, text] of raw.entries()) {
    const isFence = fence.test(text);
    const introducedAt = inCode ? -1 : introductionStart(raw, index);
    // The earlier lines of a wrapped introduction were taken for something else.
    if (introducedAt >= 0) for (const line of lines.slice(introducedAt)) line.kind = 'introduction';
    const kind = inCode || isFence ? 'text' : introducedAt >= 0 ? 'introduction' : kindOf(raw, index);
    lines.push({ kind, text });
    // A fence that is never closed protects nothing.
    if (isFence) inCode = !inCode && index < lastFence;
  }
  return lines;
}

function kindOf(raw: readonly string[], index: number): Kind {
  const text = raw[index]!;
  if (text.trim() === '') return 'empty';
  if (MESSAGE_DELIMITER.test(text) || FORWARD_LINE.test(text) || startsHeaderBlock(raw, index)) return 'original';
  if (/^\s{0,3}>/.test(text)) return 'quote';
  // A ruler directly below a line underlines a heading.
  const isRuler = RULER.test(text) && (raw[index - 1] ?? '').trim() === '';
  return SIGNATURE_DELIMITER.test(text) || SENT_FROM.test(text) || isRuler ? 'signature' : 'text';
}

const RULER = /^\s{0,3}(?:-{3,}|_{3,}|={3,}|\*{3,})\s*$/;

/** The first line of the introduction that ends at this line, or -1. */
function introductionStart(raw: readonly string[], end: number): number {
  const last = raw[end]!.trimEnd();
  if (last.length > INTRODUCTION_LENGTH_MAX || !(COLON_AT_END.test(last) || last.endsWith('>'))) return -1;
  let joined = '';
  for (let start = end; start >= 0 && end - start < INTRODUCTION_LINES_MAX; start--) {
    const line = raw[start]!.trim();
    joined = `${line} ${joined}`.trim();
    // Another line that ends with a colon introduced something of its own.
    if (joined.length > INTRODUCTION_LENGTH_MAX || (start < end && COLON_AT_END.test(line))) break;
    if (line !== '' && !line.startsWith('<') && isIntroduction(joined)) return widened(raw, start);
  }
  // Usenet's "Ann wrote:" has neither date nor address; the quote right below it tells.
  const below = raw.slice(end + 1, end + 4).find((line) => line.trim() !== '') ?? '';
  return WROTE_VERB.test(last) && COLON_AT_END.test(last) && /^\s{0,3}>/.test(below) ? end : -1;
}

const COLON_AT_END = /[:：]\s*[*_]?$/u;

/** "On Monday, 3 May 2021 at 10:00," may stand on a line of its own above "Ann <ann@example.com> wrote:". */
function widened(raw: readonly string[], start: number): number {
  for (let above = start - 1; above >= Math.max(0, start - 2); above--) {
    const line = raw[above]!.trim();
    if (line === '' || line.length > 120) break;
    if ((OPENS_WITH_WORD.test(line) || STARTS_WITH_DATE.test(line)) && DATE_LIKE.test(line) && /[,\d]$/.test(line)) return above;
  }
  return start;
}

function isIntroduction(joined: string): boolean {
  // An address cut in two by the line width leaves one bracket behind: more lines belong to it.
  if (joined.split('<').length !== joined.split('>').length) return false;
  const dated = DATE_LIKE.test(joined);
  const addressed = ADDRESS_LIKE.test(joined);
  if (COLON_AT_END.test(joined) && WROTE_VERB.test(joined)) {
    return addressed || (dated && (OPENS_WITH_WORD.test(joined) || STARTS_WITH_DATE.test(joined)));
  }
  // Old and terse programs: "2013/10/2 Ann <ann@example.com>", with or without a colon.
  return STARTS_WITH_DATE.test(joined) && /<[^<>]*@[^<>]*>\s*[:：]?$/u.test(joined);
}

/** From, Sent, To, Subject in consecutive lines (or in one, where a converter joined them). "From: Rome / To: Paris" is a journey, not a mail. */
function startsHeaderBlock(raw: readonly string[], start: number): boolean {
  if (headerKindOf(raw[start]!) === undefined) return false;
  const kinds = new Set<string>();
  let addressed = false;
  for (let index = start; index < raw.length && index < start + 12; index++) {
    const line = raw[index]!;
    if (line.trim() === '' && kinds.size > 1) break;
    const kind = headerKindOf(line);
    if (kind) kinds.add(kind);
    if (kind === 'from') addressed ||= line.includes('@');
    if (!kind && line.trim() !== '' && index > start + 2 && kinds.size < 2) return false;
  }
  const flattened = raw[start]!.split(/(?=\b(?:Sent|To|Subject|Gesendet|An|Betreff):\s)/).flatMap((part) => headerKindOf(part) ?? []);
  for (const kind of flattened) kinds.add(kind);
  return kinds.has('from') && (kinds.size >= 3 ? kinds.has('subject') || addressed : addressed && kinds.has('subject'));
}

/** A signature runs from its first line to the next quote or the end; before any text, or too long, it is text. */
function withoutSignatures(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  let hasText = false;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    hasText ||= line.kind === 'text';
    if (line.kind !== 'signature') {
      kept.push(line);
      continue;
    }
    const block = lines.slice(index + 1, index + 2 + SIGNATURE_LINES_MAX);
    const next = block.findIndex(({ kind }) => kind === 'quote' || kind === 'introduction' || kind === 'original');
    const below = next < 0 ? block : block.slice(0, next);
    if (hasText && isSignature(line.text, below)) index += below.length;
    else kept.push({ ...line, kind: 'text' });
  }
  return kept;
}

function isSignature(first: string, below: readonly Line[]): boolean {
  const written = below.filter(({ kind }) => kind !== 'empty').length;
  if (SIGNATURE_DELIMITER.test(first)) return below.length <= SIGNATURE_LINES_MAX;
  if (SENT_FROM.test(first)) return written <= DEVICE_SIGNATURE_LINES_MAX;
  return written <= RULED_SIGNATURE_LINES_MAX && !below.some(isSentence);
}

function withoutQuotedMail(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  let rest = lines;
  for (let round = 0; round < INTRODUCTIONS_MAX; round++) {
    const start = rest.findIndex(({ kind }) => kind === 'introduction' || kind === 'original');
    if (start < 0) break;
    kept.push(...rest.slice(0, start));
    const head = rest[start]!.kind;
    const end = rest.findIndex(({ kind }, at) => at > start && kind !== head);
    const after = end < 0 ? [] : rest.slice(end);
    const hasText = kept.some(({ kind }) => kind === 'text');
    // Nothing above: the answer is below. But behind an unmarked original nobody can tell where it begins.
    if (!hasText && head === 'original') return lines.map(({ text }) => ({ kind: 'text', text }));
    if (hasText && !(head === 'introduction' && answersBetweenQuotes(after))) return kept;
    rest = after;
  }
  return [...kept, ...rest];
}

/** Own words below `>` lines are answers when they are more than a name: a sentence. Below an unmarked quote nothing can be told apart. */
function answersBetweenQuotes(after: readonly Line[]): boolean {
  const first = after.find(({ kind }) => kind !== 'empty');
  if (first?.kind !== 'quote') return false;
  return after.some(isSentence);
}

const isSentence = ({ kind, text }: Line): boolean =>
  kind === 'text' && (text.trim().split(/\s+/).length >= 5 || /[.?!]$/.test(text.trim()));

/** Quotes above the first and below the last own line are what is answered as a whole; dashes at the end lead to nothing. */
function withoutEdges(lines: readonly Line[]): Line[] {
  const isOwn = ({ kind, text }: Line): boolean => kind === 'text' && !/^[\s\-_*=—–]+$/u.test(text);
  const first = lines.findIndex(isOwn);
  const last = lines.findLastIndex(isOwn);
  return first < 0 ? [] : lines.slice(first, last + 1);
}

const trimBlankLines = (text: string): string => text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
