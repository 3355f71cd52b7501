import { Controller, Inject } from '@nestjs/common';
import { causedBy, MessageReceived, TicketReceived, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Catalogue } from './catalogue.js';
import { ENVIRONMENT, type KnowledgeBaseEnvironment } from './config.js';
import { DeflectionStore } from './deflection.store.js';
import { settle } from './domain/deflection.js';
import { signFeedbackToken } from './domain/feedback-token.js';
import { languageOf } from './domain/language.js';
import { decideVerdict } from './domain/verdict.js';

@Controller()
export class IntakeConsumer {
  constructor(
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(ENVIRONMENT) private readonly environment: KnowledgeBaseEnvironment,
  ) {}

  /** One verdict per ticket, at once: it waits for nobody, enrichment least of all. */
  @On(TicketReceived)
  async onTicketReceived(events: readonly Received<TicketReceived>[], delivery: Delivery): Promise<Draft[]> {
    const store = new DeflectionStore(delivery.tx);
    const { decided } = await store.load(events.map((event) => event.ticketId));
    const index = await this.catalogue.indexFor(delivery);
    const judged = events
      .filter((event) => !decided.has(event.ticketId))
      .map((event) => {
        const { subject, text, language: declared, automatic, followsTicketId } = event.data;
        const language = languageOf(`${subject}\n${text}`, declared);
        const verdict = decideVerdict(
          { ticketId: event.ticketId, subject, text, language, forPerson: automatic === true || followsTicketId !== undefined },
          {
            index,
            thresholdOf: (category) => (category === undefined ? 1 : (delivery.config.find('category', category)?.answerThreshold ?? 1)),
            defaultLanguage: this.catalogue.defaultLanguage(delivery),
            feedbackUrl: `${this.environment.PUBLIC_URL}/knowledge-base/v1/feedback`,
            feedbackToken: signFeedbackToken(event.ticketId, this.environment.FEEDBACK_TOKEN_SECRETS),
          },
          delivery.now,
        );
        return { event, verdict, language };
      });
    await store.saveVerdicts(
      judged.map(({ verdict, language }) => ({
        ticketId: verdict.ticketId,
        verdict: verdict.type === 'AnswerProposed' ? 'answer' : 'none',
        locale: language,
      })),
    );
    return judged.flatMap(({ event, verdict }) => causedBy<Draft>(event, [verdict]));
  }

  /** A customer who writes again after the answer was not helped by it. */
  @On(MessageReceived)
  async onMessageReceived(events: readonly Received<MessageReceived>[], delivery: Delivery): Promise<Draft[]> {
    const human = events.filter((event) => event.data.kind === 'human');
    if (human.length === 0) return [];
    const store = new DeflectionStore(delivery.tx);
    const { deflections } = await store.load(human.map((event) => event.ticketId));
    const drafts = human.flatMap((event) => {
      const before = deflections.get(event.ticketId)!;
      const lastMessageAt = before.lastMessageAt !== null && before.lastMessageAt > event.at ? before.lastMessageAt : event.at;
      const { deflection, events: said } = settle({ ...before, lastMessageAt }, delivery.now);
      deflections.set(event.ticketId, deflection);
      return causedBy<Draft>(event, said);
    });
    await store.save(deflections.values());
    return drafts;
  }
}
