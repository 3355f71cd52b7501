import { BadRequestException } from '@nestjs/common';
import type { z } from 'zod';

/** @throws BadRequestException naming each field that is wrong and what is allowed. */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 20).map((issue) => ({ field: issue.path.join('.'), message: issue.message }));
  const message = problems.map(({ field, message: what }) => (field === '' ? what : `${field}: ${what}`)).join('; ');
  throw new BadRequestException({ message, error: 'Bad Request', problems });
}
