/** Something a text can say that makes it more pressing or more difficult. Phrases: see compilePhrases. */
export interface Signal {
  name: string;
  /** Points towards urgent (+) or low (-). */
  priority: number;
  /** Levels added to the complexity. */
  complexity: number;
  phrases: readonly string[];
}

/** Everything priority, complexity and "wants a human" are decided by. Data only, so that configuration can bring another one. */
export interface RuleTable {
  signals: readonly Signal[];
  /** What a category says by itself; categories that are not here say nothing and have the level `complexityBase`. */
  categories: Readonly<Record<string, { priority: number; complexity: number }>>;
  tierPriority: Readonly<Record<string, number>>;
  accountPriority: Readonly<Record<string, number>>;
  /** The same category as the customer's previous ticket, within 30 days. */
  sameTopicAgain: { priority: number; complexity: number };
  /** Per reopening of this ticket, up to `reopenedMax`. */
  reopened: { priority: number; complexity: number };
  reopenedMax: number;
  /** The text is plainly angry (sentiment at or below `angryBelow`). */
  angry: { priority: number; complexity: number };
  angryBelow: number;
  complexityBase: number;
  /** From this many words (questions, attachments) on, so much is added to the complexity; the last that fits counts. */
  words: readonly (readonly [atLeast: number, complexity: number])[];
  questions: readonly (readonly [atLeast: number, complexity: number])[];
  attachments: readonly (readonly [atLeast: number, complexity: number])[];
  /** Added when the classifier wavers between two categories: the ticket is probably about both. */
  twoTopicsComplexity: number;
  /** Points from which a ticket is urgent or high, and at which it is low. */
  urgentFrom: number;
  highFrom: number;
  lowUpTo: number;
}

const list = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

/** English and German. Folded spelling: `ue` for ü, `ss` for ß, no apostrophes. */
export const SUPPORT_RULES: RuleTable = {
  signals: [
    {
      name: 'danger',
      priority: 12,
      complexity: 1.5,
      phrases:
        list(`dangerous, danger, safety issue, burnt, burning, burned, smoke, smoking, caught fire, on fire, fire hazard, exploded, injured, injury,
        brakes fail*, brake fail*, brakes ~ not work*, electric shock, overheat*, so hot, very hot, gets hot, life threatening,
        gefaehrlich, lebensgefaehrlich, lebensgefahr, brandgefahr, brennt, verschmort, verbrannt, rauch, qualmt, raucht, explodiert, verletzt, verletzung,
        bremse* versag*, bremse* ~ ohne wirkung, stromschlag, ueberhitzt, extrem heiss, so heiss, unfall`),
    },
    {
      name: 'intruder',
      priority: 10,
      complexity: 2,
      phrases:
        list(`hacked, hijacked, account ~ compromised, somebody else has access, someone else has access, someone has access, somebody has access,
        someone changed, somebody changed, identity theft, suspicious login, wasnt me, was not me, that wasnt me,
        gehackt, gekapert, jemand ~ zugriff, jemand ~ geaendert, das war ich nicht, nicht von mir, fremde ~ zugriff, verdaechtige anmeldung,
        identitaetsdiebstahl`),
    },
    {
      name: 'fraud',
      priority: 5,
      complexity: 1.5,
      phrases:
        list(`fraud, fraudulent, scam, phishing, stolen card, using my card, card was stolen, unauthorised, unauthorized, without authoris*, without authoriz*,
        did not authoris*, did not authoriz*, used my name,
        betrug*, betruegerisch*, abzocke, phishing, nutzt ~ kartendaten, karte gestohlen, unberechtigt*, nicht genehmigt, ohne meine zustimmung, ohne vertrag`),
    },
    {
      name: 'legal-threat',
      priority: 4,
      complexity: 1.5,
      phrases:
        list(`lawyer, solicitor, my attorney, legal action, legal steps, court, sue you, lawsuit, consumer protection, ombudsman, trading standards, turn to the press,
        press charges, small claims, collection agency, debt collection,
        anwalt, anwaeltin, rechtsanwalt, rechtsanwaeltin, klage, verklage*, gericht, rechtliche schritte, verbraucherzentrale, verbraucherschutz, anzeige bei, anzeige erstatten, erstatte anzeige,
        wende mich an die presse, inkasso, inkassobuero, inkassoschreiben`),
    },
    {
      name: 'everybody-stopped',
      priority: 5,
      complexity: 1,
      phrases:
        list(`outage, service unavailable, service is down, system is down, website is down, site is down, everything is down, nobody can, none of us, none of the ~ can,
        all our devices, all users, our customers cannot, our dispatchers, whole team, entire team, production is down, blind right now,
        ausfall, systemausfall, ausgefallen, dienst nicht verfuegbar, allen geraeten, niemand kann, keiner kommt, kann sich ~ keiner, alle nutzer, ganze team,
        sieht gerade nichts, kunden stehen, steht alles still, betrieb steht`),
    },
    {
      name: 'cannot-work',
      priority: 4,
      complexity: 0,
      phrases:
        list(`cannot work, cant work, unable to work, cannot do my job, business is at a standstill, losing money, losing customers, cannot serve, customers are waiting,
        customers who are standing,
        kann nicht arbeiten, koennen nicht arbeiten, arbeitsunfaehig, verlieren kunden, verlieren geld, stillstand, kunden warten`),
    },
    {
      name: 'data-loss',
      priority: 4,
      complexity: 1,
      phrases:
        list(`lost all my data, data loss, data gone, data is gone, data are gone, all my ~ disappeared, everything is gone, rides have disappeared, have disappeared,
        data breach, data leak,
        datenverlust, daten weg, daten sind weg, daten verloren, alles weg, alles geloescht, verschwunden ~ app, sind verschwunden, datenleck, datenpanne`),
    },
    {
      name: 'urgent',
      priority: 4,
      complexity: 0,
      phrases:
        list(`urgent, urgently, asap, immediately, right now, right away, as soon as possible, as quickly as possible, emergency, at once, straight away,
        dringend, dringende, sofort, umgehend, unverzueglich, so schnell wie moeglich, schnellstmoeglich, schnellstens, notfall, eilt, eilig, schleunigst`),
    },
    {
      name: 'today',
      priority: 4,
      complexity: 0,
      phrases:
        list(`need it today, needed today, payment today, somebody today, within 24 hours, by tomorrow, by tonight, today latest, deadline, before its packed,
        need to get ~ today, papers today, stop the shipment,
        noch heute, heute noch, bis morgen, bis heute abend, innerhalb von 24 stunden, brauche ~ heute, rueckbuchung heute, bevor es gepackt, versand stoppen`),
    },
    {
      name: 'deadline',
      priority: 3,
      complexity: 0,
      phrases:
        list(`by monday, by tuesday, by wednesday, by thursday, by friday, by saturday, by sunday, before saturday, until friday, before friday, last warning,
        final notice, last chance, goes back,
        bis montag, bis dienstag, bis mittwoch, bis donnerstag, bis freitag, bis samstag, bis sonntag, letzte frist, letzte aufforderung, setze ihnen ~ frist,
        noch diese woche, letzte mahnung`),
    },
    {
      name: 'wrong-money',
      priority: 3,
      complexity: 0.3,
      phrases:
        list(`charged twice, charged two times, double charge*, double payment, debited twice, debited again, paying twice, payments on the same day, billing error,
        charged me again, taken twice, went to the wrong, wrong amount, wrong account, in the wrong currency, never agreed, never signed, never authoris*, never bought,
        still billed, overcharged for, charged me for, reverse the charge, why did you take, failed ~ debited,
        doppelt abgebucht, doppelt ihr, doppelte abbuchung*, zweimal abgebucht, zweimal eingezogen, zweimal bezahlt, falscher betrag, falsches konto, weiter abgebucht,
        trotzdem ~ abgebucht, nie abgeschlossen, nie gekauft, nie zugestimmt, wieder abgebucht, warum bucht, abrechnungsfehler, trotz zahlung, widerspreche`),
    },
    {
      name: 'locked-out',
      priority: 3,
      complexity: 0,
      phrases:
        list(`cannot log in, cant log in, cannot login, cant login, cannot sign in, can sign in, locked out, account is locked, account locked, login blocked, is rejected,
        cant get in, cannot get in,
        nicht anmelden, nicht einloggen, komme nicht rein, komme nicht mehr rein, konto gesperrt, ist gesperrt, ausgesperrt, wird nicht angenommen, klappt nicht`),
    },
    {
      name: 'does-not-work',
      priority: 1.5,
      complexity: 0,
      phrases:
        list(`crash*, does not work, doesnt work, not working, stopped working, wont start, doesnt start, doesnt turn on, cuts out, error 500, error message, error code, stops after,
        throws an error, has been offline,
        stuerzt ~ ab, funktioniert ~ nicht, geht nicht mehr, geht nicht, ohne funktion, setzt aus, startet nicht, fehlermeldung, fehler beim, laesst sich nicht, offline,
        faellt ~ weg`),
    },
    {
      name: 'again-and-again',
      priority: 3,
      complexity: 0.5,
      phrases:
        list(`third time, fourth time, fifth time, fifth message, fourth email, three times, several times, many times, still no answer, no answer,
        no reply, nobody answers, nobody has answered, nobody answered, written to you, already wrote, written four, ignored my, still waiting for a reply, for weeks, since then,
        six weeks, promised, overdue, second reminder, failed again,
        dritten mal, vierten mal, fuenfte nachricht, dreimal, viermal, mehrfach*, mehrmals, keine antwort, niemand antwortet, nie eine antwort,
        zweimal geschrieben, seit wochen, sieben wochen, sechs wochen, versprochen, ueberfaellig, zweite mahnung, zum zweiten mal, funkstille`),
    },
    {
      name: 'leaving',
      priority: 1.5,
      complexity: 0.3,
      phrases:
        list(`never again, lost a customer, lost a regular customer, bad review, terrible review, supervisor, manager, formal complaint, apology, discriminat*, responsible for complaints,
        outrageous, outraged,
        nie wieder, kunden verloren, stammkunden ~ verloren, schlechte bewertung, vorgesetzte*, geschaeftsleitung, entschuldigung, beschwere mich foermlich, formelle beschwerde,
        diskriminier*, unverschaemt*, frechheit`),
    },
    {
      name: 'no-hurry',
      priority: -6,
      complexity: 0,
      phrases:
        list(`no rush, no hurry, not urgent, whenever you, when you have time, take your time, there is no need to hurry, only an idea, just an idea, just wanted to say, no question,
        eilt nicht, hat zeit, keine eile, nicht dringend, nicht eilig, in ruhe, wenn sie zeit haben, nur so eine idee, wollt nur ~ danke, wollte nur ~ danke, keine frage`),
    },
    {
      name: 'thanks-or-idea',
      priority: -3,
      complexity: -0.3,
      phrases:
        list(`thank you very much for, thanks a lot everything, praise, compliments, suggestion, constructive criticism, a bit disappointed, apply for, application, internship,
        sponsor*, partnership, newsletter, opening hours, thesis, survey, advertising, vacanc*, catalogue,
        vielen dank fuer, lob, kompliment, vorschlag, konstruktive kritik, bisschen enttaeuscht, bewerb*, praktikum, partnerschaft, oeffnungszeiten, masterarbeit,
        bachelorarbeit, umfrage, werbung, offene stellen, katalog, zusammenarbeit`),
    },
    {
      name: 'how-to',
      priority: -0.5,
      complexity: -0.5,
      phrases:
        list(`how can i, how do i, where can i, where do i, where is the, what is the, how long, could you send me, please send me, can i get a copy, copy of,
        wie kann ich, wie kuendige ich, wo finde ich, wo stelle ich, wie lange, koennen sie mir ~ schicken, bitte senden sie, kopie, zweitschrift`),
    },
    {
      name: 'third-party',
      priority: 0,
      complexity: 0.7,
      phrases:
        list(`leasing, insurer, insurance company, customs, tax office, employer, bank rejected, freight company, chargeback, landlord, police, power of attorney, passed away,
        jobcenter, leasinggesellschaft, leasingfirma, versicherung, zoll, finanzamt, arbeitgeber, spedition, polizei, vollmacht, verstorben*, gestorben`),
    },
    {
      name: 'privacy',
      priority: 2.5,
      complexity: 1.3,
      phrases: list(`gdpr, personal data, personal details, data protection, article 15, dsgvo, personenbezogen*, datenschutz, artikel 15`),
    },
    {
      name: 'deeply-technical',
      priority: 0,
      complexity: 0.7,
      phrases: list(
        `api, webhook, integration, token, firmware, firmware update, rest api, volt, measured, log file, stack trace, schnittstelle, gemessen, protokolldatei`,
      ),
    },
    {
      name: 'several-things',
      priority: 0,
      complexity: 0.5,
      phrases:
        list(`firstly, secondly, and also, in addition, several orders, both orders, furthermore, on top of that, another thing, two questions,
        erstens, zweitens, ausserdem, zusaetzlich, darueber hinaus, mehrere bestellungen, beide bestellungen, noch eine frage, des weiteren`),
    },
    {
      name: 'wants-human',
      priority: 0.5,
      complexity: 0,
      phrases:
        list(`talk to a human, talk to a person, talk to a real person, talk to someone, talk to somebody, talk to an agent, talk to a representative, speak to a human,
        speak to a person, speak to a real person, speak to someone, speak to somebody, speak to an agent, speak with a human, speak with a person, speak with someone,
        speak with an agent, speak to a representative, speak with a representative, speak to a manager, speak to your manager, complain to a manager, real person,
        real human, human being, human agent, human please, live agent, live person, actual person, actual human, please call me, and call me, call me back, call me on, call me at, call me today, call me now, give me a call, phone me,
       
        connect me ~ agent, connect me ~ human, connect me ~ person, stop the bot, want someone from, customer service representative, copy paste answer,
        mit einem menschen, mit einem echten menschen, mit einer echten person, echten menschen, echter mensch, richtigen menschen, richtiger mensch, realen person,
        mit jemandem sprechen, mit jemandem reden, jemanden sprechen, persoenlich sprechen, mit einem mitarbeiter, mit einer mitarbeiterin, einen mitarbeiter sprechen,
        mit einem berater, mit einem vorgesetzten, vorgesetzten sprechen, mitarbeiter bitte, mensch bitte, mit wem ~ sprechen, ruft mich an, rufen sie mich, ruf mich an, rueckruf,
        anrufen lassen, menschlichen mitarbeiter, menschlichen ansprechpartner, verbinden sie mich, keinen textbaustein, nicht mit ~ bot, nicht mit ~ roboter,
        nicht mit ~ computer`),
    },
  ],
  categories: {
    'billing-dispute': { priority: 1, complexity: 2.8 },
    'invoice-question': { priority: 0, complexity: 1.7 },
    refund: { priority: 0, complexity: 2 },
    delivery: { priority: 0, complexity: 2 },
    'technical-problem': { priority: 0.5, complexity: 2.4 },
    'account-access': { priority: 0.5, complexity: 1.8 },
    'product-question': { priority: -4, complexity: 1.2 },
    complaint: { priority: 0.5, complexity: 2 },
    cancellation: { priority: 0, complexity: 1.8 },
    other: { priority: -3, complexity: 1.6 },
  },
  tierPriority: { vip: 4, premium: 2 },
  accountPriority: { suspended: 1 },
  sameTopicAgain: { priority: 2, complexity: 0.5 },
  reopened: { priority: 2, complexity: 0.5 },
  reopenedMax: 2,
  angry: { priority: 1, complexity: 0.2 },
  angryBelow: -0.6,
  complexityBase: 2,
  words: [
    [60, 0.3],
    [120, 0.7],
    [250, 1.2],
  ],
  questions: [
    [3, 0.4],
    [6, 0.9],
  ],
  attachments: [
    [3, 0.3],
    [8, 0.6],
  ],
  twoTopicsComplexity: 0.3,
  urgentFrom: 8,
  highFrom: 3,
  lowUpTo: -2,
};
