import { ConfigurationSnapshot } from '@signalbox/messaging';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WrongUse } from './findings.ts';
import { policyIn, policyWithin } from './policy-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-policy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const written = (text: string): string => {
  const file = join(folder, 'new.yaml');
  writeFileSync(file, text);
  return file;
};
const POLICY = `routing-policy:
  standard:
    maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 }
    weights: { standard: { skill: 1 } }
    rules:
      - when: { category: [refund], queue: [biling] }
        use: standard
    overflow:
      - { from: general, to: [billing, abroad], afterSeconds: 1, donorWaitMinutesMax: 1 }
`;
const configured = (queues: string[], categories: string[]) => {
  const named = (names: string[]) => new Map(names.map((name) => [name, {}]));
  return new ConfigurationSnapshot(
    1,
    new Map([
      ['queue', named(queues)],
      ['category', named(categories)],
    ]),
  );
};

it('refuses a policy that names what the running system does not have, by file and line', () => {
  const file = policyIn(written(POLICY), 'what-if');
  const said = (): string => {
    try {
      policyWithin(file, configured(['general', 'billing'], []));
    } catch (error) {
      expect(error).toBeInstanceOf(WrongUse);
      return (error as Error).message.replaceAll(`${folder}/`, '');
    }
    return 'nothing';
  };
  expect(said().split('\n  ').slice(1)).toEqual([
    "new.yaml:6: routing-policy/standard, field rules[0].when.category[0]: category 'refund' does not exist; there is none",
    "new.yaml:6: routing-policy/standard, field rules[0].when.queue[0]: queue 'biling' does not exist; allowed: billing, general",
    "new.yaml:9: routing-policy/standard, field overflow[0].to[1]: queue 'abroad' does not exist; allowed: billing, general",
  ]);
  expect(policyWithin(file, configured(['general', 'billing', 'biling', 'abroad'], ['refund']))).toBe(file.policy);
});

it('says of a file without a policy, and of no file, what is missing', () => {
  expect(() => policyIn(undefined, 'what-if')).toThrow('what-if needs a policy');
  expect(() => policyIn(written('routing-policy:\n'), 'what-if')).toThrow(/new\.yaml:1: routing-policy: there is nothing in it/);
  expect(() => policyIn(written('queue: {}\n'), 'what-if')).toThrow(/new\.yaml: there is no routing-policy in it/);
});
