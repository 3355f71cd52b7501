import { BadRequestException, Controller, Get, Header, Inject, NotFoundException, Param, Query, UseGuards } from '@nestjs/common';
import { LanguageTag } from '@signalbox/contracts';
import { UnitOfWork, type CommandHandler, type Outcome } from '@signalbox/messaging';
import { Catalogue } from './catalogue.js';
import { localeChain, publicArticles, search, type Article } from './domain/search.js';
import { RateGuard } from './rate.guard.js';

const QUERY_LENGTH_MAX = 300;
const ARTICLES_MAX = 50;
const FOUND_MAX = 10;
const EXCERPT_LENGTH_MAX = 200;

interface Asked {
  readonly locale: string | undefined;
  readonly query?: string;
  readonly articleId?: string;
}

/** The help centre. What is for agents only is on no shelf that is read here. */
@Controller('knowledge-base/v1/articles')
@UseGuards(RateGuard)
export class ArticlesController {
  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  @Get()
  @Header('Cache-Control', 'public, max-age=30')
  async list(@Query('locale') locale: unknown, @Query('query') query: unknown): Promise<{ articles: object[] }> {
    if (query !== undefined && (typeof query !== 'string' || query.length > QUERY_LENGTH_MAX))
      throw new BadRequestException(`query must be one text of at most ${QUERY_LENGTH_MAX} characters`);
    const articles = await this.unit.submit(this.#find, { locale: localeFrom(locale), query: query ?? '' });
    return { articles: articles.map((article) => ({ ...headOf(article), excerpt: excerptOf(article.text) })) };
  }

  @Get(':id')
  @Header('Cache-Control', 'public, max-age=30')
  async one(@Param('id') articleId: string, @Query('locale') locale: unknown): Promise<object> {
    const [article] = await this.unit.submit(this.#find, { locale: localeFrom(locale), articleId });
    if (!article) throw new NotFoundException('there is no such article');
    return { ...headOf(article), text: article.text };
  }

  readonly #find: CommandHandler<Asked, Article[]> = async (asked, delivery) => {
    const index = await this.catalogue.indexFor(delivery);
    const fallback = this.catalogue.defaultLanguage(delivery);
    return asked.map(({ locale, query, articleId }): Outcome<Article[]> => {
      const locales = localeChain(locale ?? fallback, [fallback, 'en']);
      const found =
        articleId !== undefined
          ? publicArticles(index, locales).filter((article) => article.articleId === articleId)
          : query === ''
            ? publicArticles(index, locales).slice(0, ARTICLES_MAX)
            : search(index, { text: query ?? '' }, { locales, audience: 'public', limit: FOUND_MAX }).map((one) => one.article);
      return { events: [], answer: found };
    });
  };
}

function localeFrom(locale: unknown): string | undefined {
  if (locale === undefined) return undefined;
  const parsed = LanguageTag.safeParse(locale);
  if (!parsed.success || parsed.data.length > 35)
    throw new BadRequestException("locale must be a BCP 47 language tag such as 'de' or 'pt-BR'");
  return parsed.data;
}

const headOf = ({ articleId, revision, locale, title, category }: Article) => ({ articleId, revision, locale, title, category });
const excerptOf = (text: string): string => (text.length <= EXCERPT_LENGTH_MAX ? text : `${text.slice(0, EXCERPT_LENGTH_MAX - 1)}…`);
