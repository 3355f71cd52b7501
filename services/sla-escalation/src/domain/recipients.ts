import { readNotifyWord, type AgentRole, type NotificationChannel, type NotifyWord } from '@signalbox/contracts';
import type { z } from 'zod';

/** The contract's limits. */
const RECIPIENTS_MAX = 100;
const BECAUSE_LENGTH_MAX = 200;
/** Told where a policy names nobody for the case that its own words come to nobody. */
export const FALLBACK: readonly string[] = ['role:supervisor'];

/** `to`: an agent's id, a webhook's name, or `mail 1`, `mail 2` …: the address itself is in no event. */
export interface Recipient {
  readonly via: z.infer<typeof NotificationChannel>;
  readonly to: string;
  readonly because: string;
  /** Of a mail. */
  readonly address?: string;
}
/** `missing`: what came to nobody, though the fallback was asked too. */
export interface Recipients {
  readonly recipients: readonly Recipient[];
  readonly missing: readonly string[];
}

/** Who is there at this moment. */
export interface Staff {
  /** Null: nobody has the ticket. */
  readonly ownerId: string | null;
  readonly agents: ReadonlyMap<string, { readonly role: AgentRole }>;
  readonly webhooks: ReadonlySet<string>;
  /** Whether an agent is online. Left out: not known of anybody. */
  readonly online?: ReadonlyMap<string, boolean>;
}

/**
 * Whom a policy's words mean at this moment, each once, in the order of the words. A role is those of its agents who are online, and all
 * of them when none is. Instead of a word that comes to nobody the fallback is told. At most 100.
 */
export function recipientsOf(words: readonly string[], fallback: readonly string[], staff: Staff): Recipients {
  const mails = mailNames([...words, ...fallback]);
  const found = new Map<string, Recipient>();
  const add = (recipients: readonly Recipient[]): void => {
    for (const recipient of recipients) {
      const key = `${recipient.via} ${recipient.to}`;
      if (!found.has(key) && found.size < RECIPIENTS_MAX) found.set(key, recipient);
    }
  };
  const missing: string[] = [];
  for (const word of words) {
    const meant = whom(word, staff, mails);
    if (typeof meant !== 'string') {
      add(meant);
      continue;
    }
    const instead = fallback.flatMap((other) => {
      const others = whom(other, staff, mails);
      return typeof others === 'string' ? [] : others.map((one) => ({ ...one, because: bounded(`${one.because}, as ${meant}`) }));
    });
    add(instead);
    if (instead.length === 0) missing.push(meant);
  }
  return { recipients: [...found.values()], missing };
}

/** A policy's words as events may tell them. */
export function withoutAddresses(words: readonly string[]): string[] {
  const mails = mailNames(words);
  return words.map((word) => mails.get(word) ?? word);
}

function mailNames(words: readonly string[]): ReadonlyMap<string, string> {
  // Also what no mail can go to: a policy stored before such words were refused may hold anything.
  const mails = [...new Set(words.filter((word) => word.startsWith('mail:') || (word.includes('@') && !readNotifyWord(word))))];
  return new Map(mails.map((word, index) => [word, `mail ${index + 1}`]));
}

/** The recipients, or why there are none. */
function whom(word: string, staff: Staff, mails: ReadonlyMap<string, string>): Recipient[] | string {
  const read = readNotifyWord(word);
  const name = mails.get(word) ?? word;
  const because = bounded(name);
  const inConsole = (agentId: string): Recipient => ({ via: 'console', to: agentId, because });
  const reason = read ? whyNobody(read, staff) : 'nobody is called so';
  if (!read || reason) return bounded(`${name}: ${reason}`);
  switch (read.kind) {
    case 'owner':
      return [inConsole(staff.ownerId!)];
    case 'agent':
      return [inConsole(read.agentId)];
    case 'role': {
      const all = agentsOf(read.role, staff);
      const online = all.filter((agentId) => staff.online?.get(agentId) === true);
      return (online.length > 0 ? online : all).map(inConsole);
    }
    case 'mail':
      return [{ via: 'mail', to: name, because, address: read.address }];
    case 'webhook':
      return [{ via: 'webhook', to: read.name, because }];
  }
}

function whyNobody(word: NotifyWord, staff: Staff): string | undefined {
  switch (word.kind) {
    case 'owner':
      if (staff.ownerId === null) return 'nobody has it';
      return staff.agents.has(staff.ownerId) ? undefined : `${staff.ownerId} is no agent of the company`;
    case 'agent':
      return staff.agents.has(word.agentId) ? undefined : 'no agent of the company';
    case 'role':
      return agentsOf(word.role, staff).length > 0 ? undefined : 'the company has none';
    case 'webhook':
      return staff.webhooks.has(word.name) ? undefined : 'the company has no such webhook';
    case 'mail':
      return undefined;
  }
}

const agentsOf = (role: AgentRole, { agents }: Staff): string[] =>
  [...agents].flatMap(([agentId, agent]) => (agent.role === role ? [agentId] : [])).sort();

const bounded = (text: string): string => text.slice(0, BECAUSE_LENGTH_MAX);
