const list = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

/**
 * How glad or angry a phrase sounds, -3 … 3, in English and German; phrases as compilePhrases reads them.
 * Only words about feelings and judgements: `broken` says what a ticket is about, not how its writer feels.
 */
export const SENTIMENT_WORDS: readonly (readonly [weight: number, phrases: readonly string[]])[] = [
  [
    3,
    list(`fantastic, excellent, amazing, brilliant, outstanding, awesome, love it, made my day, delighted, best bike shop, perfect,
      fantastisch, hervorragend*, ausgezeichnet*, grossartig*, genial, begeistert, spitze, perfekt, traumhaft, toll, tolle, tollen, super, klasse, ein dickes lob`),
  ],
  [
    2,
    list(`great, happy, thank you very much, thank you so much, many thanks, grateful, friendly, helpful, love, lovely, wonderful, satisfied, praise, compliment*,
      patient with me, keep it up, well done, nice, impressed, recommend, competent, good work, pleased, glad, kudos,
      vielen dank, herzlichen dank, danke euch, danke sagen, freundlich, freundliche, hilfsbereit, zufrieden*, lob, loben, freue, freuen, schoen, schoene, gerne wieder, weiter so,
      empfehlen, nett, geduldig, kompetent, prima, gut, lieb, beeindruckt, weiterempfehl*, top`),
  ],
  [
    1,
    list(
      `thanks, thank you, thx, cheers, good, fine, kind, kindly, appreciate, like your, danke, dank, dankeschoen, okay, passt, gern, gerne, mag euren, liebe gruesse`,
    ),
  ],
  [
    -1,
    list(`unfortunately, sadly, annoying, problem*, confusing, strange, nervous, worried, slow, pity, not cool, silly, concerned, waiting, leider, schade, komisch, seltsam, verwirrend,
      sorge*, langsam, aergerlich, nervt, nervig*, schwach, kleinlich, problem*, albern`),
  ],
  [
    -2,
    list(`disappoint*, unhappy, dissatisfied, bad, poor, rude, unfriendly, careless*, sloppy, unacceptable, angry, upset, frustrat*, fed up, dishonest, misleading, cheated, useless,
      incompetent, arrogant, ignored, embarrassing, shocked, joke, insult*, lied, impatient, refuse*, cheap plastic, not taken seriously, no one cares, nobody cares, mistake, getting silly,
      shrugged, laughed, shouted, brushed off, annoyed, disrespectful, cheating, not okay, had enough, none left, worst, rubbish, complain, complaint, complained,
      enttaeusch*, unzufrieden*, schlecht*, unfreundlich*, schlampig*, unakzeptabel, inakzeptabel, sauer, veraergert, frustriert, wuetend, unehrlich, irrefuehrend, veraeppelt, nutzlos,
      inkompetent, arrogant, ignoriert, peinlich, schockiert, witz, belogen, genervt, aufgelegt, angeschrien, ueberheblich*, respektlos*, schrott, mir reicht, reicht es, beschwer*,
      abgewimmelt, blamabel, geduld ~ aufgebraucht, unmoeglich, mies, miese, enttaeuschend, verschlampt, angelogen, aerger*, unorganisiert*, keiner fuehlt`),
  ],
  [
    -3,
    list(`terrible, horrible, awful, disgrace*, disgusting, outrageous, scandal*, shame, shameful, ridiculous, pathetic, furious, hate, scam, fraud*, never again, humiliat*, worst ~ ever,
      robbery, criminal, insane, unbelievable, disaster, pure rubbish, appalling, wtf, discriminat*,
      katastroph*, furchtbar*, schrecklich, unterirdisch, unverschaemt*, frechheit, skandal*, schande, beschaemend, laecherlich, zumutung, betrug, betrueger*, abzocke, nie wieder,
      demuetigend, miserabel, entsetzt, saftladen, sauerei, unfassbar, hoechst unzufrieden, schlechtester, schlechteste, wahnsinn, diskriminier*, verarscht, scheiss*`),
  ],
];

/** Words that strengthen or weaken the next judgement. */
export const INTENSIFIERS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    list(
      'very, extremely, really, absolutely, totally, so, completely, incredibly, utterly, truly, most, sehr, extrem, aeusserst, wirklich, absolut, total, voellig, richtig, echt, unglaublich, hoechst, mega',
    ).map((word) => [word, 1.4]),
  ),
  ...Object.fromEntries(
    list('slightly, somewhat, bit, little, rather, quite, partly, etwas, bisschen, leicht, teilweise, eher, ziemlich').map((word) => [
      word,
      0.6,
    ]),
  ),
};

export const EMOJI: Readonly<Record<string, number>> = {
  '😀': 2,
  '😃': 2,
  '😊': 2,
  '🙂': 1,
  '😍': 3,
  '👍': 2,
  '❤': 2,
  '🎉': 2,
  '🙏': 1,
  '🙁': -1,
  '😕': -1,
  '😢': -2,
  '😭': -2,
  '😠': -2,
  '😡': -3,
  '🤬': -3,
  '👎': -2,
  '💩': -3,
};
