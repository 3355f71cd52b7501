import { ServiceName, allTopics, deadLettersOf } from '@signalbox/contracts';
import { headerText, tailTopics, type KafkaOptions } from '@signalbox/messaging';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readCheckedFiles, readCompanyFiles } from './company-files.ts';
import { ConsoleClient, mintToken } from './console-client.ts';
import { WrongUse, type Findings } from './decisions/findings.ts';
import { learningReport } from './decisions/learning-report.ts';
import { policyIn } from './decisions/policy-file.ts';
import { replayDecision } from './decisions/replay-decision.ts';
import { shadow } from './decisions/shadow.ts';
import { staffingGap } from './decisions/staffing-gap.ts';
import { whatIf } from './decisions/what-if.ts';
import { explainedDeadline } from './sla/explain-deadline.ts';
import { sendMail } from './stack/samples.ts';
import { preview, recomputedBy, wordsFor } from './recomputed.ts';
import { slaReport } from './sla-report.ts';
import { stackSecrets } from './stack/secrets.ts';
import { readStackFile, STATE_DIR } from './stack/stack-file.ts';

const HELP = `npm run signalbox -- <command>     talks to the Signalbox that npm start runs

  apply FILE|DIR …                      applies configuration through the console: one bundle, all or nothing; says which clocks moved
  apply --preview FILE|DIR …            says which clocks of open tickets would move, and applies nothing
  send FILE|DIR --door smtp             sends mails through the mail door
  dead-letters list [--all]             records the services could not process
  dead-letters show SERVICE ID          one record, untouched
  dead-letters replay SERVICE ID        hands it to that reader again, and what waits behind it
  dead-letters skip SERVICE ID          gives it up, and goes on with what waits behind it
  replay-decision ID                    decides a proposal (or a ticket's latest one) again from the topics, and compares the bytes:
                                        ends with 0 = identical, 1 = different, 2 = there is none
  what-if --policy FILE [--from INSTANT] [--to INSTANT] [--runs N]
                                        runs the real tickets of a window (default: the last day) through another policy and through
                                        the active one, N times each (20): who gets them, waits, breaches, load, fairness
  shadow --policy FILE [--minutes N]    follows the live rounds (10 minutes, or until Ctrl-C) and decides each by another policy, too;
                                        nothing is assigned by it
  learning-report                       what learning is worth: held-out tickets against the others
  sla-report [--from INSTANT] [--to INSTANT] [--by queue|agent|tier|category] [--within-minutes N]
                                        promises kept and why not, and both service levels (default: the last 7 days, by queue, 60)
  staffing-gap                          which skills and languages waiting tickets wait for
  explain-deadline FILE|-               the SLA clocks of a case (calendar, policy, events, now; see docs/sla.md) by the service's own
                                        function, segment by segment. Needs nothing that runs
  holidays --country CODE [--region CODE] [--types public] [--ical FILE]… --years 2026-2028
           [--calendar FILE [--name NAME] [--write]]
                                        the holidays a library and iCalendar files know; with a calendar what it lacks or has besides:
                                        ends with 0 = the same, 1 = they differ. --write puts the missing dates into the file
  topics tail [--from-beginning]        all topics live, readable (also: npm run topics:tail)
  admin-token                           an admin's token for an hour, for whoever has the console's AUTH_JWT_SECRET

  What reads decisions reads Kafka: where KAFKA_BROKERS is set, that one (its topics behind KAFKA_TOPIC_PREFIX, if set).
  apply and sla-report talk to another Signalbox where SIGNALBOX_URL and SIGNALBOX_TOKEN (an admin's) are set.

  --json      answers as JSON
  --help`;

function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        door: { type: 'string', default: 'smtp' },
        all: { type: 'boolean', default: false },
        'from-beginning': { type: 'boolean', default: false },
        policy: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        runs: { type: 'string', default: '20' },
        country: { type: 'string' },
        region: { type: 'string' },
        years: { type: 'string' },
        types: { type: 'string', default: 'public' },
        ical: { type: 'string', multiple: true, default: [] },
        calendar: { type: 'string' },
        name: { type: 'string' },
        write: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '10' },
        by: { type: 'string', default: 'queue' },
        'within-minutes': { type: 'string', default: '60' },
        preview: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}. See: npm run signalbox -- --help`);
    return process.exit(2);
  }
}
const { positionals, values } = given();
const stateDir = resolve(process.env['SIGNALBOX_STATE_DIR'] ?? join(import.meta.dirname, '..', STATE_DIR));

function show(answer: unknown, words: () => string): void {
  console.log(values.json ? JSON.stringify(answer, null, 2) : words());
}

function consoleOf(url: string | undefined, token: string | undefined): ConsoleClient {
  if (url !== undefined && token !== undefined) return new ConsoleClient(url, token);
  const { http, tokens } = readStackFile(stateDir);
  return new ConsoleClient(http, tokens.admin);
}

async function adminToken(): Promise<void> {
  const secret = process.env['AUTH_JWT_SECRET'] ?? '';
  if (secret.length < 32) throw new Error(`AUTH_JWT_SECRET has ${secret.length} characters; the console's own has at least 32`);
  const token = await mintToken(secret, 'admin', 'admin', '1h');
  show({ token }, () => token);
}

function theConsole(): ConsoleClient {
  const { SIGNALBOX_URL, SIGNALBOX_TOKEN } = process.env;
  if ((SIGNALBOX_URL === undefined) !== (SIGNALBOX_TOKEN === undefined))
    throw new Error('SIGNALBOX_URL and SIGNALBOX_TOKEN go together: set both, or none for the Signalbox that npm start runs');
  return consoleOf(SIGNALBOX_URL, SIGNALBOX_TOKEN);
}

async function apply(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) throw new Error('apply needs at least one file or folder, such as: npm run signalbox -- apply config/sample');
  const to = theConsole();
  const documents = readCheckedFiles(paths);
  if (values.preview) return decision(preview(to, documents, (words) => console.error(words)));
  const answer = await to.apply(documents);
  if (answer.changed.length === 0) return show(answer, () => `nothing changed; bundle ${answer.bundle} stays`);
  const done = `bundle ${answer.bundle}: ${answer.changed.join(', ')}`;
  if (!answer.changed.some((key) => /^(sla-policy|calendar)\//.test(key))) return show(answer, () => done);
  const report = await recomputedBy(to, answer.bundle);
  const words = report ? wordsFor(report) : ['which clocks moved is not said yet: the console shows it under Reports'];
  show({ ...answer, recomputed: report ?? null }, () => [done, ...words].join('\n'));
}

/** Every file is one mail, in the order of their names. Refused ones are named and counted. */
async function send(paths: readonly string[]): Promise<void> {
  if (values.door !== 'smtp') throw new Error(`door '${values.door}' is unknown; known: smtp`);
  const { smtp } = readStackFile(stateDir);
  const [host, port] = smtp.split(':') as [string, string];
  const files = paths.flatMap(filesBelow);
  if (files.length === 0) throw new Error('send needs a mail or a folder of mails, such as: npm run signalbox -- send DIR --door smtp');
  const { supportAddress } = readCompanyFiles([join(import.meta.dirname, '../config/sample/company.yaml')])[0]!.content as {
    supportAddress: string;
  };
  const refused: { file: string; reason: string }[] = [];
  // The mail door says with its 250 what became of the mail; what it does not say is counted too, so that the sum is always what was sent.
  const became = { tickets: 0, replies: 0, duplicates: 0, quarantined: 0, unsaid: 0 };
  const words = { ticket: 'tickets', reply: 'replies', duplicate: 'duplicates', quarantined: 'quarantined' } as const;
  for (const file of files) {
    try {
      const word = (await sendMail(readFileSync(file), { host, port: Number(port) }, supportAddress)).trim().split(' ').at(-1) ?? '';
      became[word in words ? words[word as keyof typeof words] : 'unsaid'] += 1;
    } catch (error) {
      refused.push({ file, reason: (error as Error).message });
    }
  }
  const sent = files.length - refused.length;
  show({ sent, ...became, refused }, () =>
    [
      `${sent} mails sent = ${became.tickets} tickets + ${became.replies} replies + ${became.duplicates} duplicates + ${became.quarantined} quarantined${became.unsaid ? ` + ${became.unsaid} unsaid` : ''}`,
      ...(refused.length > 0 ? [`${refused.length} refused`] : []),
      ...refused.map(({ file, reason }) => `  ${file}: ${reason}`),
    ].join('\n'),
  );
  if (refused.length > 0) process.exitCode = 1;
}

const MAIL_FILE = /\.(eml|txt)$|sample_output_multipart$/;
function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => (statSync(join(path, name)).isDirectory() || MAIL_FILE.test(name) ? filesBelow(join(path, name)) : []));
}

async function operator<Answer>(service: string, method: string, path: string): Promise<Answer> {
  const known = readStackFile(stateDir).services;
  if (!(service in known)) throw new Error(`service '${service}' is unknown; known: ${Object.keys(known).join(', ')}`);
  const response = await fetch(`${known[service]!.http}/operator/dead-letters${path}`, {
    method,
    headers: { authorization: `Bearer ${stackSecrets(stateDir, []).operator}` },
  });
  const answer = (await response.json()) as Answer & { detail?: string };
  if (!response.ok) throw new Error(answer.detail ?? `${service} answered ${response.status}`);
  return answer;
}

interface Letter {
  id: number;
  topic: string;
  partition: number;
  offset: string;
  subject: string | null;
  reason: string;
  state: string;
  at: string;
  parkedBehind: number;
}

async function deadLetters([action, service, id]: readonly string[]): Promise<void> {
  if (action === 'list') {
    const lists = await Promise.all(
      ServiceName.options.map(async (name) =>
        (await operator<Letter[]>(name, 'GET', values.all ? '?all=true' : '')).map((letter) => ({ service: name, ...letter })),
      ),
    );
    const letters = lists.flat();
    const line = (letter: (typeof letters)[number]): string =>
      `${letter.service} ${letter.id}  ${letter.state}  ${letter.at}  ${letter.topic}[${letter.partition}]@${letter.offset}${letter.subject ? ` about ${letter.subject}` : ''}${letter.parkedBehind ? `, ${letter.parkedBehind} wait behind it` : ''}\n    ${letter.reason}`;
    return show(letters, () => (letters.length === 0 ? 'no dead letters' : letters.map(line).join('\n')));
  }
  if (!['show', 'replay', 'skip'].includes(action ?? ''))
    throw new Error(`dead-letters '${action ?? ''}' is unknown; known: list, show, replay, skip`);
  if (!service || !/^\d+$/.test(id ?? ''))
    throw new Error(`dead-letters ${action} needs a service and a number, as shown by: npm run signalbox -- dead-letters list`);
  const answer = await operator<Record<string, unknown>>(
    service,
    action === 'show' ? 'GET' : 'POST',
    action === 'show' ? `/${id}` : `/${id}/${action}`,
  );
  show(answer, () =>
    Object.entries(answer)
      .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
      .join('\n'),
  );
}

function kafka(clientId: string): KafkaOptions {
  const { KAFKA_BROKERS, KAFKA_TOPIC_PREFIX } = process.env;
  const brokers = KAFKA_BROKERS?.split(',') ?? readStackFile(stateDir).kafkaBrokers;
  return { brokers, clientId, prefix: KAFKA_TOPIC_PREFIX };
}

function numberOf(option: 'runs' | 'minutes', max: number): number {
  const number = Number(values[option]);
  if (!Number.isInteger(number) || number < 1 || number > max)
    throw new WrongUse(`--${option} '${values[option]}' is not a whole number from 1 to ${max}`);
  return number;
}

/** Wrong use ends with 2, so that 1 is left for what a command finds out. */
async function decision(answering: Promise<Findings>): Promise<void> {
  const { found, words, exitCode = 0 } = await answering;
  show(found, () => words.join('\n'));
  process.exitCode = exitCode;
}

async function tail(): Promise<void> {
  const { kafkaBrokers } = readStackFile(stateDir);
  const topics = [...allTopics(), ...ServiceName.options.map(deadLettersOf)].map((topic) => topic.name);
  const stop = await tailTopics({
    brokers: kafkaBrokers,
    clientId: 'topics-tail',
    topics,
    fromBeginning: values['from-beginning'],
    onRecord: (record) => {
      const text = record.value?.toString('utf8') ?? '(no value)';
      if (values.json)
        return console.log(
          JSON.stringify({
            topic: record.topic,
            partition: record.partition,
            offset: record.offset.toString(),
            key: record.key?.toString(),
            value: text,
          }),
        );
      const type = headerText(record, 'ce_type') ?? headerText(record, 'signalbox-reason') ?? '?';
      const dataAt = text.indexOf('"data":');
      console.log(
        `${new Date(record.timestamp).toISOString().slice(11, 23)} ${record.topic.slice('signalbox.'.length).padEnd(16)} ${type.padEnd(20)} ${record.key?.toString().slice(0, 36) ?? ''}  ${(dataAt < 0 ? text : text.slice(dataAt + 7, -1)).slice(0, 200)}`,
      );
    },
  });
  process.once('SIGINT', () => void stop().then(() => process.exit(0)));
}

const [command, ...rest] = positionals;
const commands: Record<string, () => Promise<void>> = {
  apply: () => apply(rest),
  send: () => send(rest),
  'dead-letters': () => deadLetters(rest),
  'admin-token': adminToken,
  'what-if': async () => {
    const options = { policy: policyIn(values.policy, 'what-if'), from: values.from, to: values.to, runs: numberOf('runs', 1_000) };
    await decision(whatIf(kafka('what-if'), options));
  },
  shadow: async () => {
    const stopping = new AbortController();
    process.once('SIGINT', () => stopping.abort());
    const minutes = numberOf('minutes', 1_440);
    await decision(
      shadow(kafka('shadow'), {
        policy: policyIn(values.policy, 'shadow'),
        minutes,
        stop: stopping.signal,
        onFollowing: (notes) => {
          if (!values.json) for (const note of notes) console.log(`cannot be compared: ${note}`);
          console.error(`following the live rounds for ${minutes} minutes; Ctrl-C ends it`);
        },
        onDifference: (line) => !values.json && console.log(line),
      }),
    );
  },
  'sla-report': async () => {
    const { from, to, by, 'within-minutes': withinMinutes } = values;
    await decision(slaReport(theConsole(), { from, to, by, withinMinutes }));
  },
  'learning-report': () => decision(learningReport(kafka('learning-report'))),
  'staffing-gap': () => decision(staffingGap(kafka('staffing-gap'))),
  'replay-decision': () => decision(replayDecision(kafka('replay-decision'), rest[0])),
  'explain-deadline': () => decision(explainedDeadline(rest)),
  // A library of 30 MB that no other command needs, and no image has.
  holidays: () => decision(import('./sla/holidays.ts').then(({ compareHolidays }) => compareHolidays(values))),
  topics: () => (rest[0] === 'tail' ? tail() : Promise.reject(new Error(`topics '${rest[0] ?? ''}' is unknown; known: tail`))),
};
if (values.help || command === undefined) console.log(HELP);
else if (!(command in commands)) {
  console.error(`command '${command}' is unknown; known: ${Object.keys(commands).join(', ')}. See: npm run signalbox -- --help`);
  process.exitCode = 2;
} else {
  await commands[command]!().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = error instanceof WrongUse ? 2 : 1;
  });
}
