import type { Draft, Received } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import type { ConfigurationSnapshot } from './configuration.js';

/** What a handler gets beside its events: one transaction, one instant, one configuration for the whole unit of work. */
export interface Delivery {
  readonly tx: EntityManager;
  /** This service's database clock, read once per unit. */
  readonly now: Date;
  readonly config: ConfigurationSnapshot;
  /**
   * A consequence, decided in this same unit after everything else, once for all who ask: what was just written is visible to it, and it
   * costs no transaction of its own. Should its handler fail, only that is rolled back and rejected; a unit that is done again asks again.
   * @returns the answer, after the commit
   */
  submit<Command, Answer>(handler: CommandHandler<Command, Answer>, command: Command): Promise<Answer>;
}

export type EventHandler = (events: readonly Received<Draft>[], delivery: Delivery) => Promise<readonly Draft[] | void>;

/** What one command leads to: events for the topics, an answer for whoever waits. */
export interface Outcome<Answer> {
  readonly events: readonly Draft[];
  readonly answer: Answer;
}
/** Commands of one kind are decided together; the outcomes stand in the order of the commands. */
export type CommandHandler<Command, Answer> = (commands: readonly Command[], delivery: Delivery) => Promise<readonly Outcome<Answer>[]>;
