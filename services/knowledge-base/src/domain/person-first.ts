import { foldText } from './text.js';

const phrases = (text: string): string[] =>
  text
    .split(',')
    .map((phrase) => phrase.trim().replace(/\s+/g, ' '))
    .filter((phrase) => phrase !== '');

/** Folded phrases; `…*` is any word that begins so. Somebody asks for a person, complains, threatens, or is in danger. */
const PERSON_FIRST = phrases(`
  human, real person, actual person, live agent, live person, speak to a person, talk to a person, speak to someone, talk to someone, speak to somebody,
  talk to somebody, speak to an agent, talk to an agent, speak with, representative, call me, phone me, give me a call, ring me, callback, no bot, not a bot, robot, chatbot,
  no template, no canned, copy paste, complain*, unacceptable, outrageous, disgrace*, lawyer*, solicitor*, attorney*, legal action, sue you, chargeback, trading standards, fed up, furious,
  worst service, scam, fraud*, stolen, theft, hacked, fire, burn*, smoke, smoking, smok*, swollen, explod*, explosion, injur*, accident, hospital, ambulance,
  mensch, menschen, menschlich*, mitarbeiter, mitarbeiterin, mitarbeitende*, ansprechpartner*, berater, beraterin, vorgesetzte*, echte person, mit jemandem, jemanden sprechen, jemand anruf*, persoenlich sprechen,
  rufen sie mich, ruft mich, ruf mich, rueckruf*, zurueckruf*, anrufen lassen, telefonisch, textbaustein*, bot, roboter, kein automat, beschwer*, unverschaemt*, frechheit, unzumutbar*, inakzeptabel,
  anwalt*, anwaelt*, rechtsanwalt*, klage, klagen, verbraucherzentrale, verbraucherschutz, abzocke, betrug*, betrueg*, gestohlen*, geklaut*, diebstahl, gehackt*, brand, brennt, brannte, gebrannt, verbrannt*, feuer, rauch, raucht,
  rauchte, aufgeblaeht*, explo*, verletz*, unfall*, krankenhaus, entschuldigung, stinksauer, enttaeuscht*, verärgert, veraergert*, disappointed, angry, apology, apologise, apologize`);

/** Something has gone wrong already, or somebody's data have to be changed: general advice seldom helps. */
const PARTICULAR_CASE = phrases(`
  not me, wasnt me, wasn't me, without my doing, without asking, someone else, somebody else, still does not, still doesn't, still doesnt, still not, still cannot, still can't, still no, keeps happening,
  no longer, lost, missing, broken, crushed, damaged, refused, by mistake, mistakenly, wrong amount, charged, debited, does not match, doesn't match, don't match, more than agreed, explain, change the, change my, correct the, correct my,
  delete my, weeks ago, days ago, tried again, already tried, tried everything, ive tried, i've tried, i have tried, two-factor, authenticator, crash*, notification*,
  war ich nicht, ohne mich, ohne mein*, jemand bestellt, trotzdem nicht, immer noch nicht, noch immer nicht, schon wieder, verloren, fehlt, fehlen, kaputt, defekt, beschaedigt*, eingedrueckt, verweigert, versehentlich,
  falscher betrag, falschen betrag, abgebucht*, stimmt nicht, stimmen nicht, mehr als vereinbart, erklaeren, aendern sie, geaendert, korrigier*, loeschen, seit wochen, schon versucht, bereits versucht, alles versucht, vor wochen, zwei-faktor*, stuerzt, storniert*`);

const words = (phrase: string): string => phrase.replaceAll('*', '\\p{L}*').replaceAll(' ', '\\s+');
const anyOf = (list: readonly string[]): RegExp => new RegExp(`(?<![\\p{L}\\p{N}])(?:${list.map(words).join('|')})(?![\\p{L}\\p{N}])`, 'u');
const PERSON_FIRST_PATTERN = anyOf(PERSON_FIRST);
const PARTICULAR_CASE_PATTERN = anyOf(PARTICULAR_CASE);

/** True when no article may answer: one too many tickets to a person costs minutes, one answer too many costs the customer. */
export const needsPerson = (text: string): boolean => PERSON_FIRST_PATTERN.test(foldText(text));

/** True when the text tells of a case of its own; then an article needs to fit all the better. */
export const isParticularCase = (text: string): boolean => PARTICULAR_CASE_PATTERN.test(foldText(text));
