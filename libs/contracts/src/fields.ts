import { z } from 'zod';

/** An instant in UTC, as ISO 8601 with `Z`. */
export const Instant = z.iso.datetime();

/** Marks a field that says something about a person, so that redaction and erasure can find it in every contract. */
export const personal = <T extends z.ZodType>(schema: T): T => schema.meta({ 'x-personal': true }) as T;

/** UTF-16 units; with the rest of an event this stays below 64 KB of text for ordinary languages. Longer text goes by reference. */
export const TEXT_LENGTH_MAX = 20_000;
export const SUBJECT_LENGTH_MAX = 500;

const id = (what: string) => z.string().min(1).max(80).describe(what);
export const TicketId = id('ticket');
export const MessageId = id('message');
export const CustomerId = id('customer; random, never derived from an address');
export const AgentId = id('agent');
export const QueueId = id('queue');
export const OfferId = id('offer');
export const ProposalId = id('proposal; the same again when a proposal is sent again');
export const ArticleId = id('article');
export const CategoryId = z.string().min(1).max(60);
export const SkillId = z.string().min(1).max(60);
/** BCP 47 primary language, such as `de`. */
export const LanguageTag = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "a BCP 47 language tag such as 'de' or 'pt-BR'");

export const Channel = z.enum(['web', 'email', 'chat', 'social']);
export type Channel = z.infer<typeof Channel>;
export const TicketStatus = z.enum(['new', 'open', 'pending', 'on-hold', 'solved', 'closed']);
export type TicketStatus = z.infer<typeof TicketStatus>;
/** From most to least pressing. */
export const Priority = z.enum(['urgent', 'high', 'normal', 'low']);
export type Priority = z.infer<typeof Priority>;
/** What somebody is owed. `internal`: what a queue owes its colleagues, from the instant it got the ticket. */
export const Target = z.enum(['firstResponse', 'nextReply', 'periodicUpdate', 'resolution', 'internal']);
export type Target = z.infer<typeof Target>;
export const Presence = z.enum(['online', 'away', 'offline']);
export type Presence = z.infer<typeof Presence>;
export const AgentRole = z.enum(['agent', 'supervisor', 'admin']);
export type AgentRole = z.infer<typeof AgentRole>;
export const Share = z.number().min(0).max(1);
export const SkillLevel = z.int().min(1).max(5);
export const Complexity = z.int().min(1).max(5);
/** Capacity units: an agent has `unitsMax`, a ticket takes the weight of its channel. */
export const Units = z.number().min(0).max(1000);
export const Version = z.int().min(0);
