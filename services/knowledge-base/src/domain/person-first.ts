import { foldText } from './text.js';

const phrases = (text: string): string[] =>
  text
    .split(',')
    .map((phrase) => phrase.trim().replace(/\s+/g, ' '))
    .filter((phrase) => phrase !== '');

/** Folded phrases; `…*` is any word that begins so. Somebody asks for a person, complains, threatens, or is in danger. */
const PERSON_FIRST = phrases(`
  human, humans, real person, actual person, live person, live agent, speak to, speak with, talk with, talk to a, talk to an, talk to some*, talk to your, talk to the support, to a manager,
  your manager, supervisor, representative, representatives, connect me, call me, please call, phone me, phone call, give me a call, ring me, callback, call back, bot, robot, robots, chatbot*,
  template answer, canned, copy paste, complain*, unacceptable, outrageous, disgrace*, disappointed, angry, apology, apologise, apologize, fed up, furious, worst service, scam*, fraud*,
  lawyer*, solicitor*, attorney*, legal action, sue you, chargeback*, trading standards, stolen, hacked, fire, burn*, smoke, smoking, smok*, swollen, explod*, explosi*, injur*, accident*, hospital, ambulance,
  mensch, menschen, menschlich*, mitarbeiter, mitarbeitern, mitarbeiterin, ansprechpartner*, berater, beraterin, vorgesetzte*, echte person, echten person, mit jemandem, jemanden sprechen,
  persoenlich sprechen, verbinden sie mich, rufen sie, ruft mich, ruf mich, rueckruf*, zurueckruf*, zurueckzurufen, anrufen lassen, telefonisch*, textbaustein*, roboter*, kein automat,
  beschwer*, unverschaemt*, frechheit, unzumutbar*, inakzeptabel*, entschuldigung, stinksauer, enttaeuscht*, veraergert*, abzocke, betrug*, betrueg*, anwalt*, anwaelt*, rechtsanw*, klage, klagen,
  verbraucherzentrale, verbraucherschutz*, gestohlen*, geklaut*, gehackt*, in brand, brandgeruch, brandgefahr, brennt, brannte, gebrannt, verbrannt*, verschmort*, feuer, rauch, raucht, rauchte,
  aufgeblaeht*, explodier*, explosion*, verletz*, unfall*, krankenhaus`);

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
