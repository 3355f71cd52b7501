import { sampleTickets } from '../../test/sample.js';
import { detectLanguage, languageOf } from './language.js';
import { ticketText } from './text.js';

describe('detectLanguage', () => {
  it.each([
    ['de', 'Wann kommt mein Paket endlich an?'],
    ['en', 'When will my parcel arrive?'],
    ['fr', 'Quand est-ce que mon colis va arriver ?'],
    ['es', '¿Cuándo llega mi paquete?'],
    ['it', 'Quando arriva il mio pacco?'],
    ['nl', 'Wanneer komt mijn pakket aan?'],
    ['pl', 'Kiedy dotrze moja paczka?'],
    ['pt', 'Quando é que a minha encomenda vai chegar?'],
    ['sv', 'När kommer mitt paket fram?'],
    ['tr', 'Paketim ne zaman gelecek?'],
    ['ru', 'Когда придёт моя посылка?'],
    ['uk', 'Підкажіть, будь ласка, коли надійде моя посилка?'],
    ['ar', 'متى يصل طردي؟'],
    ['ja', '荷物はいつ届きますか？'],
    ['zh', '我的包裹什么时候到？'],
  ])('tells %s: %s', (language, text) => {
    expect(detectLanguage(text)).toMatchObject({ language });
  });

  it.each([
    ['de', 'großes Problem'],
    ['pl', 'zgubiłem hasło'],
    ['tr', 'şifre sıfırlama'],
    ['zh', '退款'],
    ['ja', 'カメラ'],
  ])('tells %s from the letters of two words: %s', (language, text) => {
    expect(detectLanguage(text)?.language).toBe(language);
  });

  it('is not led astray by a foreign name', () => {
    expect(detectLanguage('There was a sign-in to my account from São Paulo and Łódź')?.language).toBe('en');
  });

  it('says nothing about a text without letters', () => {
    expect(detectLanguage('48213 !!! 🚲')).toBeNull();
    expect(detectLanguage('')).toBeNull();
  });

  it('is surer of a sentence than of a word', () => {
    const word = detectLanguage('Information')!;
    const sentence = detectLanguage('Ich brauche bitte eine Information zu meiner letzten Bestellung.')!;
    expect(sentence.confidence).toBeGreaterThan(0.95);
    expect(word.confidence).toBeLessThan(sentence.confidence);
  });

  it('knows the language of 99 % of the sample tickets', () => {
    const known = sampleTickets.filter((ticket) => detectLanguage(ticketText(ticket))?.language === ticket.language);
    expect(known.length / sampleTickets.length).toBeGreaterThan(0.99);
  });
});

describe('languageOf', () => {
  it("prefers a clear text to the customer's declared language", () => {
    expect(languageOf('Wann kommt mein Paket endlich an?', 'en')).toMatchObject({ value: 'de', source: 'detection' });
  });

  it('falls back on the declared language where the text says too little', () => {
    expect(languageOf('ok', 'de-AT')).toMatchObject({ value: 'de', source: 'customer' });
    expect(languageOf('48213', 'SV')).toMatchObject({ value: 'sv', source: 'customer' });
  });

  it('is surer when both agree', () => {
    const alone = languageOf('Rechnung fehlt', undefined);
    expect(languageOf('Rechnung fehlt', 'de').confidence).toBeGreaterThan(alone.confidence);
  });

  it('knows nothing from nothing', () => {
    expect(languageOf('…', 'klingon!')).toEqual({ value: null, confidence: 0, source: 'none' });
  });
});
