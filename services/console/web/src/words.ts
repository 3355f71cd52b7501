import type { TicketRow } from './api.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  const [large, largeWord, small, smallWord] = whole < DAY ? [HOUR, 'h', MINUTE, 'min'] : [DAY, 'd', HOUR, 'h'];
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${largeWord}${rest === 0 ? '' : ` ${rest} ${smallWord}`}`;
}

const sameDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const otherDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export const moment = (at: string, now: number): string =>
  (new Date(at).toDateString() === new Date(now).toDateString() ? sameDay : otherDay).format(new Date(at));
export const fullMoment = (at: string): string => full.format(new Date(at));

const languages = new Intl.DisplayNames(undefined, { type: 'language' });
export function languageName(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

const SIZES = ['B', 'kB', 'MB', 'GB'];
export function fileSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power > 1 ? 1 : 0)} ${SIZES[power]}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
export const titled = (ticket: Pick<TicketRow, 'number' | 'subject'>): string =>
  `#${ticket.number ?? '…'} ${ticket.subject ?? 'not received yet'}`;
export const customerName = ({ customer }: Pick<TicketRow, 'customer'>): string =>
  customer?.name ?? customer?.address ?? 'unknown customer';

/** A number stays on the line of its unit. */
export const unbroken = (words: string): string => words.replaceAll(' %', '\u00a0%');

/** The history's words, with instants in this desk's own time. */
export const readable = (words: string, now: number): string =>
  unbroken(words)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => moment(at, now))
    .replace(/\b(firstResponse|nextReply|periodicUpdate)\b/g, (target) => targetName(target).toLowerCase());

const SIGNALS: Readonly<Record<string, string>> = {
  skill: 'Skills',
  language: 'Language',
  workload: 'Room',
  idle: 'Time free',
  speed: 'Speed',
  satisfaction: 'Satisfaction',
  familiarity: 'Knows customer',
  slaSlack: 'Time left',
  slaPressure: 'Own deadlines',
  rotation: 'Whose turn',
  resolution: 'Time to solve',
};
export const signalName = (signal: string): string => SIGNALS[signal] ?? signal;

const TARGETS: Readonly<Record<string, string>> = {
  firstResponse: 'First response',
  nextReply: 'Next reply',
  periodicUpdate: 'Update',
  resolution: 'Resolution',
  internal: 'Internal',
};
export const targetName = (target: string): string => TARGETS[target] ?? target;
/** What a queue owes its colleagues names that queue. */
export const clockName = ({ target, queueTitle }: { readonly target: string; readonly queueTitle: string | null }): string =>
  queueTitle === null ? targetName(target) : `${targetName(target)}, ${queueTitle}`;

const OUTCOMES: Readonly<Record<string, string>> = {
  OfferMade: 'offered',
  TicketAssigned: 'assigned',
  OfferDeclined: 'declined',
  OfferExpired: 'not answered in time',
  OfferRescinded: 'withdrawn',
  ProposalRejected: 'rejected',
};
export const outcomeName = (type: string): string => OUTCOMES[type] ?? type;
