import { Module, type DynamicModule } from '@nestjs/common';
import { ArticlesController } from './articles.controller.js';
import { AssignmentConsumer } from './assignment.consumer.js';
import { Catalogue } from './catalogue.js';
import { ENVIRONMENT, type KnowledgeBaseEnvironment } from './config.js';
import { RateLimiter } from './domain/rate-limit.js';
import { FeedbackController } from './feedback.controller.js';
import { IntakeConsumer } from './intake.consumer.js';
import { RateGuard } from './rate.guard.js';
import { SilenceTimer } from './silence.timer.js';

@Module({})
export class KnowledgeBaseModule {
  static with(environment: KnowledgeBaseEnvironment): DynamicModule {
    const limit = { burst: environment.REQUESTS_BURST_MAX, perMinute: environment.REQUESTS_PER_MINUTE_MAX };
    return {
      module: KnowledgeBaseModule,
      controllers: [IntakeConsumer, AssignmentConsumer, ArticlesController, FeedbackController],
      providers: [
        { provide: ENVIRONMENT, useValue: environment },
        { provide: RateLimiter, useValue: new RateLimiter(limit) },
        RateGuard,
        Catalogue,
        SilenceTimer,
      ],
    };
  }
}
