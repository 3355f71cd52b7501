import { allEvents, TicketReleased, type EventDescription } from '@signalbox/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { checkRead, checkWritten } from './contract-check.js';

const isFine = (declaration: EventDescription, data: unknown) => declaration.schema.safeParse(data).success;

/** Data that mostly fits a JSON Schema, so that both verdicts occur. */
function dataLike(schema: Record<string, unknown>): fc.Arbitrary<unknown> {
  const nearly = (value: fc.Arbitrary<unknown>) => fc.oneof({ weight: 60, arbitrary: value }, { weight: 1, arbitrary: fc.jsonValue() });
  if (schema['const'] !== undefined) return nearly(fc.constant(schema['const']));
  if (Array.isArray(schema['enum'])) return nearly(fc.constantFrom(...(schema['enum'] as unknown[])));
  const union = (schema['anyOf'] ?? schema['oneOf']) as Record<string, unknown>[] | undefined;
  if (union) return fc.oneof(...union.map(dataLike));
  switch (schema['type']) {
    case 'object': {
      const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Record<string, unknown>>);
      const required = (schema['required'] ?? []) as string[];
      const known = fc.record(Object.fromEntries(properties.map(([name, one]) => [name, dataLike(one)])), { requiredKeys: required });
      const values = schema['additionalProperties'];
      if (typeof values === 'object' && values !== null)
        return nearly(
          fc.dictionary(fc.constantFrom('de', 'en', 'accounting', 'web'), dataLike(values as Record<string, unknown>), { maxKeys: 2 }),
        );
      return nearly(known);
    }
    case 'array':
      return nearly(fc.array(dataLike((schema['items'] ?? {}) as Record<string, unknown>), { maxLength: 2 }));
    case 'string':
      return nearly(
        schema['format'] === 'date-time'
          ? fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString())
          : fc.constantFrom('en', 'a', 'ida@example.com', 'x'.repeat(64), ''),
      );
    case 'integer':
      return nearly(fc.integer({ min: -1, max: 6 }));
    case 'number':
      return nearly(fc.oneof(fc.double({ min: -0.1, max: 1.1, noNaN: true }), fc.constant(3)));
    case 'boolean':
      return nearly(fc.boolean());
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue();
  }
}

describe('the compiled contracts', () => {
  it.each(allEvents().map((declaration) => [declaration.type, declaration] as const))('judge %s as zod does', (_, declaration) => {
    const schema = z.toJSONSchema(declaration.schema, { target: 'draft-7', io: 'input' }) as Record<string, unknown>;
    fc.assert(
      fc.property(dataLike(schema), (data) => {
        const fine = isFine(declaration, data);
        expect(checkRead(declaration, data).problem === undefined).toBe(fine);
        expect(checkWritten(declaration, data).problem === undefined).toBe(fine);
      }),
      { numRuns: 60 },
    );
  });

  it('let no undeclared field out, and leave a newer writer’s field alone', () => {
    const ticket = {
      status: 'open',
      agentId: null,
      offer: null,
      epoch: 2,
      priorityOverride: null,
      queueOverride: null,
      extraSkills: {},
      firstQueuedAt: '2026-01-05T09:00:00.000Z',
      relaxFrom: '2026-01-05T09:00:00.000Z',
      excludedAgentIds: [],
      text: 'secret',
    };
    const data = { ticket, agentId: 'ana', why: 'rescue' };
    const written = checkWritten(TicketReleased, data);
    expect(written.problem).toBeUndefined();
    expect(JSON.stringify(written)).not.toContain('secret');
    expect(JSON.stringify(checkRead(TicketReleased, data))).toContain('secret');
  });
});
