import { readFileSync } from 'node:fs';
import { explainDeadline } from './explain.js';

interface Example {
  readonly calendar?: object | null;
  readonly policy?: object;
  readonly events: object[];
  readonly now: string;
  readonly expect: readonly (Readonly<Record<string, unknown>> & {
    readonly none?: string;
    readonly target?: string;
    readonly instance?: number;
  })[];
}

const page = readFileSync(new URL('../../../../docs/sla.md', import.meta.url), 'utf8');
const [base, ...sections] = page.split(/^(?=### )/m).map((section) => ({ title: section.slice(4).split('\n')[0]!, json: jsonIn(section) }));

function jsonIn(section: string): unknown {
  const block = section.match(/```json\n([\s\S]*?)```/);
  return block ? JSON.parse(block[1]!) : undefined;
}

describe('docs/sla.md', () => {
  it('has an example under every choice', () => {
    expect(sections.length).toBeGreaterThan(30);
    expect(sections.filter(({ json }) => json === undefined)).toEqual([]);
  });

  it.each(sections)('$title', ({ json }) => {
    const { calendar, policy, events, now, expect: expected } = json as Example;
    const usual = base!.json as { calendar: object; policy: object };
    const input = { calendar: { ...usual.calendar, ...calendar }, policy: { ...usual.policy, ...policy }, events, now };
    const { clocks } = explainDeadline(calendar === null ? { ...input, calendar: undefined } : input);
    for (const clock of expected) {
      const { none, instance: nth } = clock;
      if (none) expect(clocks.filter(({ target, instance }) => target === none && instance === (nth ?? instance))).toEqual([]);
      else expect(clocks.find(({ target, instance }) => target === clock.target && instance === clock.instance)).toMatchObject(clock);
    }
  });
});
