import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckedFiles, refusalBy } from './company-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const refusalOf = (text: string): string => {
  const file = join(folder, 'policies.yaml');
  writeFileSync(file, text);
  try {
    readCheckedFiles([file]);
  } catch (error) {
    return withoutFolder((error as Error).message);
  }
  return 'nothing';
};
const withoutFolder = (message: string): string => message.replaceAll(`${folder}/`, '');
const policy = (lines: string): string => `routing-policy:
  standard:
    maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 }
${lines}`;

it('finds nothing wrong with the sample company', () => {
  expect(() => readCheckedFiles(['config/sample'])).not.toThrow();
});

it('names file, line, field and what is allowed, of every mistake', () => {
  const said = refusalOf(
    policy(`    weights:
      standard:
        skill: 1
        sped: 0.5
        workload: 7
    rules:
      - when: { priority: [soon] }
        use: hurry
      - when: { color: [red] }
        use: standard
`),
  ).split('\n  ');
  expect(said[0]).toBe('refused whole; what was active stays');
  const [file, field] = ['policies.yaml', 'routing-policy/standard, field '];
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${file}:8: ${field}weights.standard.workload: .*<=1`)));
  expect(said).toContainEqual(
    expect.stringMatching(new RegExp(`^${file}:7: ${field}weights.standard.sped: there is no such field; allowed: skill, language, .*`)),
  );
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${file}:10: ${field}rules\\[0\\].when.priority\\[0\\]: .*"urgent"`)));
  expect(said).toContainEqual(
    `${file}:12: ${field}rules[1].when.color: there is no such field; allowed: priority, tier, category, queue, channel`,
  );
});

it('names what only the whole policy shows', () => {
  expect(refusalOf(policy('    weights: { standard: { skill: 1 } }\n    rules:\n      - when: {}\n        use: hurry\n'))).toContain(
    "policies.yaml:7: routing-policy/standard, field rules[0].use: no set of weights and no strategy is named 'hurry'; allowed: standard, longest-idle",
  );
});

it('names what is wrong with a service level that overflow should look at', () => {
  const level = (fields: string): string =>
    refusalOf(
      policy(`    weights: { standard: { skill: 1 } }
    overflow:
      - from: general
        to: [billing]
        afterSeconds: 300
        donorWaitMinutesMax: 30
        donorServiceLevel:
          ${fields.replaceAll('; ', '\n          ')}
`),
    );
  const field = 'routing-policy/standard, field overflow[0].donorServiceLevel';
  expect(level('share: 0.8; withinMinutes: 10; overMinutes: 60')).toBe('nothing');
  expect(level('share: 80; withinMinutes: 10; overMinutes: 60')).toMatch(
    `policies.yaml:11: ${field}.share: Too big: expected number to be <=1`,
  );
  expect(level('share: 0.8; withinMinutes: 90; overMinutes: 60')).toContain(
    `policies.yaml:13: ${field}.overMinutes: must be at least withinMinutes`,
  );
  expect(level('share: 0.8; withinMinutes: 10; overMinutes: 3000')).toContain(
    `${field}.overMinutes: Too big: expected number to be <=1440`,
  );
  expect(level('share: 0.8; within: 10; overMinutes: 60')).toContain(
    `policies.yaml:12: ${field}.within: there is no such field; allowed: share, withinMinutes, overMinutes`,
  );
});

it('names what is missing where it should be, and where a file is no YAML', () => {
  expect(refusalOf('queue:\n  general:\n    title: General\n')).toContain('policies.yaml:2: queue/general, field units');
  expect(refusalOf('queue:\n  general: [\n')).toMatch(/policies\.yaml:3: .*line 3/);
});

it('names kinds there are none of, and kinds with nothing in them, beside what else is wrong', () => {
  const said = refusalOf('queue:\n  general:\n    title: General\nrouting-polcy:\n  standard: {}\ncalendar:\nagent: [ana]\n').split('\n  ');
  expect(said).toEqual([
    'refused whole; what was active stays',
    "policies.yaml:4: 'routing-polcy' is no kind of configuration; allowed: company, agent, queue, category, routing-policy, sla-policy, calendar, labelled-tickets, article",
    'policies.yaml:6: calendar: there is nothing in it; expected name → content',
    'policies.yaml:7: agent: it holds no records; expected name → content',
    expect.stringContaining('policies.yaml:2: queue/general, field units'),
    expect.stringContaining('policies.yaml:2: queue/general, field offers'),
  ]);
});

it('names what is said to be tried out where nothing can be, and nothing where it is not said', () => {
  const trying = (signal: string, learning: string): string =>
    refusalOf(policy(`    weights: { standard: { ${signal}: 1 } }\n    learning: { ${learning} }\n`));
  expect(trying('skill', 'explorationShare: 0.1')).toContain(
    "policies.yaml:5: routing-policy/standard, field learning.explorationShare: needs a set of weights with the signal 'resolution'",
  );
  for (const learning of ['explorationShare: 0', 'holdoutShare: 0.1', '']) expect(trying('skill', learning)).toBe('nothing');
  expect(trying('resolution', 'explorationShare: 0.1')).toBe('nothing');
});

it('names whom an SLA policy could never notify', () => {
  const text =
    'sla-policy:\n  standard:\n    calendar: open\n    hours: business\n    targets: {}\n    notifyFallback:\n      - owner\n      - boss\n';
  expect(refusalOf(text)).toContain(
    "policies.yaml:8: sla-policy/standard, field notifyFallback[1]: 'boss' is nobody who could be notified",
  );
  expect(refusalOf(text.replace('boss', 'mail:lead@example.com'))).toBe('nothing');
});

it('names routing policies that could never be in force', () => {
  const another = `  summer:
    weights: { standard: { skill: 1 } }
    maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 }
`;
  expect(refusalOf(policy('    weights: { standard: { skill: 1 } }\n') + another)).toContain(
    "\n  policies.yaml:5: routing-policy/summer: would never be in force: beside 'standard' no other routing policy is; allowed: standard alone",
  );
  expect(refusalOf(`routing-policy:\n${another}`)).toBe('nothing');
});

it('tells every problem that the console names by the file it came from', () => {
  const [policies, people] = [join(folder, 'policies.yaml'), join(folder, 'people.yaml')];
  writeFileSync(
    policies,
    policy(`    weights: { standard: { skill: 1 } }
    rules:
      - when:
          queue:
            - billing
            - biling
        use: standard
    overflow:
      - { from: general, to: [abroad], afterSeconds: 1, donorWaitMinutesMax: 1 }
`),
  );
  writeFileSync(people, 'agent:\n  ana maria:\n    { name: Ana, email: ana@example.org, queues: [billing] }\n');
  const documents = readCheckedFiles([policies, people]);
  const allowed = ['billing', 'general'];
  const said = refusalBy(
    [
      { document: 'routing-policy/standard', field: 'rules.0.when.queue.1', message: "queue 'biling' does not exist", allowed },
      { document: 'routing-policy/standard', field: 'overflow.0.to.0', message: 'of another domain; allowed: billing, general', allowed },
      { document: 'agent/ben', field: 'queues.1', message: "queue 'x' does not exist" },
      { field: 'documents.1.name', message: 'letters and digits' },
      { field: 'documents', message: 'too many' },
    ],
    documents,
  );
  expect(withoutFolder(said).split('\n  ')).toEqual([
    'refused whole; what was active stays',
    "policies.yaml:9: routing-policy/standard, field rules[0].when.queue[1]: queue 'biling' does not exist; allowed: billing, general",
    'policies.yaml:12: routing-policy/standard, field overflow[0].to[0]: of another domain; allowed: billing, general',
    "agent/ben (active, in none of these files), field queues[1]: queue 'x' does not exist",
    'people.yaml:2: agent/ana maria: its name: letters and digits',
    'the request, field documents: too many',
  ]);
});
