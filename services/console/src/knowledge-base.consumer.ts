import { Controller } from '@nestjs/common';
import { AnswerProposed, NoAnswer, ArticlesSuggested, DeflectionConfirmed, DeflectionFailed, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { StoryStore } from './story.store.js';

@Controller()
export class KnowledgeBaseConsumer {
  constructor(private readonly stories: StoryStore) {}

  @On(AnswerProposed)
  async onAnswerProposed(events: readonly Received<AnswerProposed>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(NoAnswer)
  async onNoAnswer(events: readonly Received<NoAnswer>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(ArticlesSuggested)
  async onArticlesSuggested(events: readonly Received<ArticlesSuggested>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(DeflectionConfirmed)
  async onDeflectionConfirmed(events: readonly Received<DeflectionConfirmed>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(DeflectionFailed)
  async onDeflectionFailed(events: readonly Received<DeflectionFailed>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
}
