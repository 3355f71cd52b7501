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

const words = (phrase: string): string => phrase.replaceAll('*', '\\p{L}*').replaceAll(' ', '\\s+');
const PATTERN = new RegExp(`(?<![\\p{L}\\p{N}])(?:${PERSON_FIRST.map(words).join('|')})(?![\\p{L}\\p{N}])`, 'u');

/** True when no article may answer: one too many tickets to a person costs minutes, one answer too many costs the customer. */
export const needsPerson = (text: string): boolean => PATTERN.test(foldText(text));
