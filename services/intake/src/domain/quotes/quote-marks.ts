// How mail programs introduce what they quote, in the languages of our customers. Patterns are linear: no nested repetition.

/** The verb of "On Monday, Ann wrote:". A line that ends with a colon, has such a verb and a date or an address introduces a quote. */
// prettier-ignore
const WROTE = [
  'wrote', 'writes', 'schrieb', 'schreef', 'geschreven', 'a écrit', 'écrivait', 'escribió', 'escribio', 'va escriure', 'ha scritto', 'escreveu', 'napisał',
  'napisała', 'napisał\\(a\\)', 'napisal\\(a\\)', 'pisze', 'написал', 'написала', 'написал\\(а\\)', 'пишет', 'писал', 'писал\\(а\\)', 'написав', 'написав\\(-ла\\)',
  'пише', 'skrev', 'kirjoitti', 'napsal', 'napsal\\(a\\)', 'napísal', 'napísal\\(a\\)', 'írta', 'ezt írta', 'yazdı', 'a scris', 'έγραψε', 'đã viết',
  'menulis', 'je napisao', 'je napisala', 'כתב', 'كتب', 'quoting', 'zitat von', 'citando',
];
export const WROTE_VERB = new RegExp(`(?:^|[^\\p{L}])(?:${WROTE.join('|')})(?=[^\\p{L}]|$)|写道|寫道|書きました|のメール|작성`, 'iu');

/** How such a line begins: an opening word, a weekday, a date, a name before an address. */
// prettier-ignore
const OPENERS = [
  'on', 'am', 'um', 'op', 'le', 'el', 'il', 'em', 'w dniu', 'dnia', 'den', 'dne', 'dňa', 'pada', 'vào', 'în', 'la', 'στις', 'в', 'at', 'quoting',
  'date', '在', '于', 'ב', 'בתאריך', 'في',
];
export const OPENS_WITH_WORD = new RegExp(`^[*_]?(?:${OPENERS.join('|')})[\\s,:\\d]`, 'iu');

/** A clock time, a numeric date or a year: what a sentence that merely says "he wrote:" lacks. */
export const DATE_LIKE = /\b\d{1,2}[:.h]\d{2}\b|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\b(?:19|20)\d{2}\b|\d{1,2}月/u;
export const STARTS_WITH_DATE = /^[*_]?(?:\p{L}{2,14}\.?,?\s+)?\d{1,4}(?:[./-]\d{1,2}[./-]\d{1,4}|\s+\p{L}{3,12}\.?\s+\d{2,4}|年)/u;
export const ADDRESS_LIKE = /[^\s@<>"()[\]]{1,64}@[^\s@<>"()[\]]{1,190}/;

/** Labels of the header block that Outlook and others put above a quoted mail. */
// prettier-ignore
const LABELS = {
  from: ['from', 'von', 'de', 'da', 'van', 'od', 'от', 'від', 'från', 'fra', 'lähettäjä', 'feladó', 'kimden', 'gönderen', 'expéditeur', 'remitente', 'mittente', 'afzender', 'nadawca', 'отправитель', 'de la', 'από', '发件人', '寄件者', '差出人', '送信者', '보낸 사람'],
  sent: ['sent', 'date', 'gesendet', 'datum', 'envoyé', 'date d’envoi', "date d'envoi", 'enviado', 'enviado el', 'fecha', 'enviada em', 'enviado em', 'data', 'inviato', 'verzonden', 'wysłano', 'wysłane', 'отправлено', 'дата', 'надіслано', 'skickat', 'sendt', 'dato', 'lähetetty', 'päivämäärä', 'odesláno', 'odoslané', 'dátum', 'elküldve', 'gönderildi', 'tarih', 'trimis', 'ημερομηνία', '发送时间', '寄件日期', '送信日時', '日時', '日期', '보낸 날짜', '날짜'],
  to: ['to', 'an', 'à', 'a', 'para', 'aan', 'do', 'кому', 'til', 'till', 'vastaanottaja', 'komu', 'pre', 'címzett', 'kime', 'alıcı', 'către', 'προς', 'pour', 'destinatario', 'destinataire', 'empfänger', '收件人', '宛先', '받는 사람'],
  subject: ['subject', 'betreff', 'objet', 'asunto', 'oggetto', 'assunto', 'onderwerp', 'temat', 'тема', 'ämne', 'emne', 'aihe', 'předmět', 'predmet', 'tárgy', 'konu', 'subiect', 'θέμα', '主题', '主旨', '件名', '제목', 'assumpte'],
  other: ['cc', 'bcc', 'kopie', 'copie à', 'cópia', 'dw', 'копия', 'reply-to', 'reply to', 'antwort an', 'antwort', 'risposta', 'rispondi a', 'répondre à', 'responder a', 'importance', 'attachments', 'anlagen', 'organization', 'message-id', '抄送'],
};
export type HeaderKind = keyof typeof LABELS;
const KIND_OF_LABEL = new Map<string, HeaderKind>(
  (Object.keys(LABELS) as HeaderKind[]).toReversed().flatMap((kind) => LABELS[kind].map((label) => [label, kind] as const)),
);

/** `*From:* Ann`, `Von : Ann`, `> Subject: x` → its kind, or undefined for an ordinary line. */
export function headerKindOf(line: string): HeaderKind | undefined {
  const label = /^[\s>|*_]{0,10}(\p{L}[\p{L} .'’-]{0,24}?)[*_]{0,2}\s?[:：][*_\s]{0,3}/u.exec(line)?.[1];
  return label === undefined ? undefined : KIND_OF_LABEL.get(label.trim().toLowerCase());
}

/** `-----Original Message-----` and `---------- Forwarded message ----------` in any language that has a word for message. */
const MESSAGE_WORDS =
  'messag|mensaje|mensagem|messaggio|nachricht|bericht|wiadomo|сообщени|письм|повідомлення|meddela|meddele|melding|besked|viesti|zpráv|správ|üzenet|ileti|mesaj|missatge|mail|μήνυμα|邮件|郵件|メッセージ|メール|메시지|원본';
export const MESSAGE_DELIMITER = new RegExp(
  `^[\\s*_>]{0,6}[-_=]{2,}[^-_=\\n]{0,40}(?:${MESSAGE_WORDS})[^-_=\\n]{0,40}[-_=]{2,}[\\s*_]{0,4}$`,
  'iu',
);

/** Apple's and others' line without dashes, and the line help desks put above the history. */
// prettier-ignore
export const FORWARD_LINE = new RegExp(
  `^[\\s>*]{0,4}(?:${[
    'begin forwarded message', 'forwarded message', 'anfang der weitergeleiteten (?:nachricht|e-?mail)', 'weitergeleitete nachricht', 'début du message (?:transféré|réexpédié)', 'inicio del mensaje reenviado',
    'inizio messaggio inoltrato', 'begin doorgestuurd bericht', 'początek przekazywanej wiadomości', 'wiadomość napisana przez', 'начало переадресованного сообщения',
    'vidarebefordrat (?:brev|mejl)', 'start på videresendt besked', 'videresendt melding', 'välitetty viesti alkaa', 'início da mensagem reencaminhada',
  ].join('|')})\\s?:?[*\\s]*$|^.{0,10}(?:please )?(?:type your )?reply (?:above|below) this line.{0,20}$`, 'iu',
);

/** "Sent from my iPhone": a phone's or a program's own signature. The line must end soon after: people write such words too. */
const DEVICE =
  '(?:iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|oneplus|nokia|blackberry|windows|outlook|yahoo|gmail|protonmail|proton mail|thunderbird|k-9|handy|smartphone|téléphone|teléfono|telefono|telefon|móvil|mobiel|mobile|mobil|telefoon|mobiltelefon)';
// prettier-ignore
const SENT_FROM_PHRASES = [
  `sent (?:from|via|with|using) .{0,30}${DEVICE}`, `.{0,25}\\boutlook .{1,20}\\b(?:ios|android)\\b`, `(?:von|diese nachricht wurde von) .{0,20}${DEVICE}.{0,25} (?:gesendet|versendet)`,
  `(?:gesendet|versendet) (?:von|vom|mit|aus|über) .{0,25}${DEVICE}`, `envoyé (?:de|depuis|à partir) .{0,25}${DEVICE}`, `(?:enviado|enviada) (?:desde|do|da|de|a partir|pelo) .{0,25}${DEVICE}`,
  `inviato (?:da|dal|con) .{0,25}${DEVICE}`, `(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via) .{0,25}${DEVICE}`, `(?:wysłane?|wysłano) (?:z|za) .{0,25}${DEVICE}`,
  'отправлено (?:с|из) .{0,25}(?:iphone|ipad|android|почт|телефон|мобильн|устройств|samsung|outlook)', `skickat från .{0,25}${DEVICE}`, `sendt fra .{0,25}${DEVICE}`, `lähetetty .{0,25}${DEVICE}`,
  `odesl[aá]n[oé] z .{0,25}${DEVICE}`, 'iphoneから送信', '发自我的', '從我的.{0,12}傳送', '나의 .{0,12}에서 보냄',
];
export const SENT_FROM = new RegExp(
  `^[\\s_*>-]{0,4}(?:${SENT_FROM_PHRASES.join('|')})(?:.{0,25}|\\S{0,10} ?<?https?:\\S{0,90})[*_]?$`,
  'iu',
);

/** RFC 3676's `-- `, with the spellings mail programs really produce. */
export const SIGNATURE_DELIMITER = /^(?:--|––|—|__)\s*$/u;
