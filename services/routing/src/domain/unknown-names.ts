import type { WaitingTicket } from './waiting-ticket.js';

/** Names remembered as reported; beyond, nothing more is reported. */
const NAMES_MAX = 1_000;
/** So many of the known ones are named beside it. */
const KNOWN_SHOWN_MAX = 20;

/** Categories and skills that tickets name and the configuration does not: each is reported once, whatever the number of tickets. */
export class UnknownNames {
  readonly #reported = new Set<string>();

  /** @returns lines for the log. What is not known asks for nothing; such a category goes to the company's default queue. */
  newIn(
    waiting: readonly Pick<WaitingTicket, 'ticketId' | 'queueId' | 'category' | 'unknownSkills'>[],
    categories: ReadonlyMap<string, unknown>,
  ): string[] {
    const lines: string[] = [];
    for (const { category, ticketId, queueId, unknownSkills = [] } of waiting) {
      if (category !== null && !categories.has(category) && this.#isNew(`category ${category}`)) {
        const known = [...categories.keys()].slice(0, KNOWN_SHOWN_MAX).join(', ');
        const then = `routed to queue '${queueId}', asking for no skill. Known: ${known}`;
        lines.push(`ticket ${ticketId}: category '${category}' is not configured; ${then}`);
      }
      for (const skill of unknownSkills)
        if (this.#isNew(`skill ${skill}`))
          lines.push(`ticket ${ticketId}: no configured agent has the skill '${skill}'; routed without asking for it`);
    }
    return lines;
  }

  #isNew(name: string): boolean {
    if (this.#reported.has(name) || this.#reported.size >= NAMES_MAX) return false;
    this.#reported.add(name);
    return true;
  }
}
