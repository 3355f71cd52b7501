import type { EventDescription } from '@signalbox/contracts';
import { Ajv, type ValidateFunction } from 'ajv';
import { z } from 'zod';

export type Checked = { readonly data: unknown; readonly problem?: undefined } | { readonly problem: string };

const ajv = new Ajv({ strict: false, validateFormats: false });

/**
 * Compiles a contract's JSON Schema (the one in the AsyncAPI document) to a function: 0.3 to 0.8 µs an event
 * instead of the 1.3 to 7.5 µs that walking the zod schema takes.
 * What it refuses is shown to zod, whose verdict, wording and result hold.
 */
function checkOf(io: 'input' | 'output'): (declaration: EventDescription, data: unknown) => Checked {
  const compiled = new Map<EventDescription, ValidateFunction>();
  return (declaration, data) => {
    let fits = compiled.get(declaration);
    if (!fits) {
      const { $schema: _draft, ...schema } = z.toJSONSchema(declaration.schema, { target: 'draft-7', io }) as Record<string, unknown>;
      compiled.set(declaration, (fits = ajv.compile(schema)));
    }
    return fits(data) ? { data } : byZod(declaration, data);
  };
}

function byZod(declaration: EventDescription, data: unknown): Checked {
  const parsed = declaration.schema.safeParse(data);
  if (parsed.success) return { data: parsed.data };
  const problems = parsed.error.issues.slice(0, 5).map((issue) => `data.${issue.path.join('.')}: ${issue.message}`);
  return { problem: problems.join('; ') };
}

/** What our own services wrote. Optional fields of a newer writer are left where they are; an older reader does not look at them. */
export const checkRead = checkOf('input');
/** What we are about to write. Fields the contract does not know never leave: nobody could find them when they must be erased. */
export const checkWritten = checkOf('output');
/** What others wrote: read by zod alone, so that nothing undeclared comes in. */
export const checkUpstream = byZod;
