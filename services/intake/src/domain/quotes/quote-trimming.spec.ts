import * as fc from 'fast-check';
import { trimReply } from './quote-trimming.js';

const quoted = '> Which order is it?\n> \n> Kind regards\n> Signalbox support';

describe('trimReply', () => {
  it.each([
    'On Mon, Mar 3, 2025 at 4:18 PM Ann Example <ann@example.com> wrote:',
    'On 3 Mar 2025, at 16:18, Ann Example wrote:',
    'On Mon, Mar 3, 2025 at 4:18 PM Support of the Example Company <\nsupport@example.com> wrote:',
    'On Monday, 3 March 2025 at 16:18:02 CET,\nAnn Example <ann@example.com> wrote:',
    'On Thu, 31 Mar 2016 at 11:16 Some One\n\n<\nmailto:Some One <some.one@example.com>\n> wrote:',
    'Am Mo., 3. März 2025 um 16:18 Uhr schrieb Ann Example <ann@example.com>:',
    'Am 03.03.2025 um 16:18 schrieb Ann Example:',
    'Ann Example <ann@example.com> schrieb am Mo., 3. März\n2025, 16:18:',
    'Le lun. 3 mars 2025 à 16:18, Ann Example <ann@example.com> a écrit :',
    'El lun, 3 mar 2025 a las 16:18, Ann Example (<ann@example.com>) escribió:',
    'Il giorno lun 3 mar 2025 alle ore 16:18 Ann Example <ann@example.com> ha scritto:',
    'Op ma 3 mrt 2025 om 16:18 schreef Ann Example <ann@example.com>:',
    'Op 3 mrt. 2025 16:18 heeft "Ann" <ann@example.com> het\nvolgende geschreven:',
    'pon., 3 mar 2025 o 16:18 Ann Example <ann@example.com> napisał(a):',
    'W dniu 3.03.2025 o 16:18, Ann Example pisze:',
    'пн, 3 мар. 2025 г. в 16:18, Ann Example <ann@example.com>:',
    '3 марта 2025 г., 16:18, Ann Example <ann@example.com> написал(а):',
    'Em seg., 3 de mar. de 2025 às 16:18, Ann Example <ann@example.com> escreveu:',
    'Den mån 3 mars 2025 kl 16:18 skrev Ann Example <ann@example.com>:',
    'po 3. 3. 2025 v 16:18 odesílatel Ann Example <ann@example.com> napsal:',
    'Ann Example <ann@example.com>, 3 Mar 2025 Pzt, 16:18 tarihinde şunu yazdı:',
    '在 2025年3月3日，16:18，Ann Example <ann@example.com> 写道：',
    '2025年3月3日(月) 16:18 Ann Example <ann@example.com>:',
    '2025-03-03 16:18 GMT+01:00 Ann Example <ann@example.com>:',
    '2025/3/3 Ann Example <ann@example.com>',
    'Ann Example <ann@example.com>于2025年3月3日周一 下午4:18写道：',
    'Ann Example wrote:',
    'Quoting Ann Example <ann@example.com>:',
  ])('drops the mail below %j', (introduction) => {
    expect(trimReply(`It is order 1042.\n\n${introduction}\n\n${quoted}\n`)).toBe('It is order 1042.');
    expect(trimReply(`It is order 1042.\n${introduction}\n${quoted}`)).toBe('It is order 1042.');
  });

  it.each([
    ['Outlook, English', 'From: Ann Example <ann@example.com>\nSent: Monday, March 3, 2025 4:18 PM\nTo: Bob\nSubject: Your order'],
    [
      'Outlook with a line above',
      '________________________________\nFrom: Ann Example\nSent: Monday, March 3, 2025\nTo: Bob\nSubject: Your order',
    ],
    ['Outlook in bold', '*From:* Ann Example [mailto:ann@example.com]\n*Sent:* Monday\n*To:* Bob\n*Subject:* Your order'],
    ['German', 'Von: Ann Example\nGesendet: Montag, 3. März 2025 16:18\nAn: Bob\nBetreff: Ihre Bestellung'],
    ['French', 'De : Ann Example\nEnvoyé : lundi 3 mars 2025\nÀ : Bob\nObjet : Votre commande'],
    ['Spanish', '-----Mensaje original-----\nDe: "Ann" <ann@example.com>\nEnviado: 3/3/2025\nPara: Bob\nAsunto: Pedido'],
    ['Italian', 'Da: Ann Example\nInviato: lunedì 3 marzo 2025\nA: Bob\nOggetto: Ordine'],
    ['Dutch', 'Van: Ann Example\nVerzonden: maandag 3 maart 2025\nAan: Bob\nOnderwerp: Bestelling'],
    ['Polish', 'Od: Ann Example\nWysłano: 3 marca 2025\nDo: Bob\nTemat: Zamówienie'],
    ['Russian', 'От: Ann Example\nОтправлено: 3 марта 2025 г.\nКому: Bob\nТема: Заказ'],
    ['an original message', '-----Original Message-----\nWhich order is it?'],
    ['Thunderbird in German', '-------- Weitergeleitete Nachricht --------\nBetreff: Bestellung'],
    ['Gmail forwarding', '---------- Forwarded message ---------\nFrom: Ann <ann@example.com>'],
    ['Apple forwarding', 'Begin forwarded message:\n\nFrom: Ann'],
    ['help desk', '##- Please type your reply above this line -##\nYour request has been received'],
    ['Chinese', '发件人: Ann <ann@example.com>\n发送时间: 2025年3月3日\n收件人: Bob\n主题: 订单'],
    ['one flattened line', 'From: Ann Example Sent: Monday To: Bob Subject: Your order'],
  ])('drops what follows: %s', (_program, original) => {
    expect(trimReply(`It is order 1042.\n\n${original}\n\nWhich order is it?`)).toBe('It is order 1042.');
  });

  it.each([
    '-- \nBob Example\nCEO',
    '--\nBob Example\n\nwww.example.com',
    '—\nBob',
    'Sent from my iPhone',
    'Sent from my Samsung Galaxy smartphone.\nBob',
    'Get Outlook for iOS<https://aka.ms/o0ukef>',
    'Von meinem iPhone gesendet',
    'Gesendet mit der Outlook App für Android',
    'Envoyé de mon iPhone',
    'Enviado desde mi iPhone',
    'Inviato da iPhone',
    'Verstuurd vanaf mijn iPhone',
    'Wysłane z iPhone’a',
    'Отправлено с iPhone',
    '______________\nexample-list mailing list\nhttps://lists.example.org/info',
  ])('drops the signature %j', (signature) => {
    expect(trimReply(`It is order 1042.\n\n${signature}`)).toBe('It is order 1042.');
    expect(trimReply(`It is order 1042.\n\n${signature}\n\nOn 3 Mar 2025, at 16:18, Ann wrote:\n\n${quoted}`)).toBe('It is order 1042.');
  });

  it('keeps an answer written below the quote', () => {
    expect(trimReply(`On 3 Mar 2025, at 16:18, Ann wrote:\n${quoted}\n\nIt is order 1042.\n\n-- \nBob`)).toBe('It is order 1042.');
    expect(trimReply(`${quoted}\n\nIt is order 1042.`)).toBe('It is order 1042.');
  });

  it('keeps answers between quoted lines together with what they answer', () => {
    const mail =
      'Hi Ann,\n\nOn 3 Mar 2025, at 16:18, Ann wrote:\n> Which order is it?\n\nIt is order 1042.\n\n> And when was it?\n\nLast week, I think.\n\n> Regards';
    expect(trimReply(mail)).toBe('Hi Ann,\n\n> Which order is it?\n\nIt is order 1042.\n\n> And when was it?\n\nLast week, I think.');
  });

  it('takes a mere name below the quote for a signature', () => {
    expect(trimReply(`It is order 1042.\n\nOn 3 Mar 2025, at 16:18, Ann wrote:\n${quoted}\n\nBob Example`)).toBe('It is order 1042.');
  });

  it.each([
    'I need two tickets:\nFrom: Rome\nTo: Paris\nDate: 3 March\n\nPlease hurry.',
    'On the website he wrote:\nthis is broken.\nI agree.',
    'On this day\n\nI wrote something\n\nwhich was interesting.',
    'Steps:\n---\n1. open the page\n2. it fails with an error every time',
    'Title\n-----\nThe list shows nothing since yesterday.',
    'Code:\n\n```\n# comment\n> not a quote\n--\nFrom: x\n```\n\nIt fails.',
    'Von meinem Handy aus kann ich mich nicht anmelden, seit ich das Telefon gewechselt habe und nun gar nichts mehr geht.',
    'Ticket 12:30 is late.\n  - A\n  - B\n\n\nbye',
  ])('leaves %j alone', (text) => {
    expect(trimReply(text)).toBe(text);
  });

  it.each([
    `> ${'all of it is quoted'}`,
    '-----Original Message-----\nFrom: Ann\n\nHelp!',
    'Sent from my iPhone',
    'On 3 Mar 2025, Ann wrote:',
  ])('gives %j back whole rather than nothing', (text) => {
    expect(trimReply(text)).toBe(text);
  });

  it('never makes text empty and adds nothing, whatever the lines', () => {
    // prettier-ignore
    const line = fc.constantFrom(
      'Hello there.', '', '> quoted', '>> twice', '-- ', '---', 'On 3 Mar 2025, at 16:18, Ann <a@example.com> wrote:', 'From: Ann <a@example.com>', 'Sent: now',
      'Subject: x', '-----Original Message-----', 'Sent from my iPhone', '```', 'Ann <', 'a@example.com> wrote:', '\u00a0', '    code',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const trimmed = trimReply(text);
          expect(trimmed.trim() === '').toBe(text.trim() === '');
          const lines = text
            .replace(/\r\n?/g, '\n')
            .replaceAll('\u00a0', ' ')
            .split('\n')
            .map((part) => part.trimEnd());
          for (const kept of trimmed.split('\n')) expect(lines).toContain(kept.trimEnd());
        },
      ),
      { numRuns: 500 },
    );
  });
});
