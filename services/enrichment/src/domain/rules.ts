import { createHash } from 'node:crypto';
import { compilePhrases, type PhraseFinder } from './phrases.js';
import { SUPPORT_RULES, type RuleTable, type Signal } from './rule-table.js';

/** A rule table made ready for many texts. */
export interface Rules extends RuleTable {
  /** Hash of the table: the same rules have the same version. */
  version: string;
  find: PhraseFinder<Signal>;
}

/** Throws when a phrase of the table cannot be read. */
export function compileRules(table: RuleTable): Rules {
  const phrases = table.signals.flatMap((signal) => signal.phrases.map((phrase) => [phrase, signal] as const));
  return {
    ...table,
    version: createHash('sha256').update(JSON.stringify(table)).digest('hex').slice(0, 16),
    find: compilePhrases(phrases),
  };
}

/** The rules until configuration brings others. */
export const DEFAULT_RULES: Rules = compileRules(SUPPORT_RULES);

/** The signals a text gives, each once however often it repeats itself, and none that is negated. */
export function signalsOf(tokens: readonly string[], rules: Rules): Signal[] {
  return [
    ...new Set(
      rules
        .find(tokens)
        .filter((found) => !found.negated)
        .map((found) => found.value),
    ),
  ];
}
