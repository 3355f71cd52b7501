import { BadRequestException, Body, Get, Headers, HttpCode, HttpException, NotFoundException, Param, Post, Res } from '@nestjs/common';
import { RecomputePreviewRequested } from '@signalbox/contracts';
import { UnitOfWork } from '@signalbox/messaging';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { Asking, type Asked, type RequestHeaders } from './asking.js';
import { Allow, Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { ConfigurationStore } from './configuration.store.js';
import { clockDocumentsOf, Documents, keyOf, type Problem } from './domain/configuration.js';
import type { Caller } from './domain/visibility.js';
import { RecomputationStore } from './recomputation.store.js';
import { RequestStore } from './request.store.js';

/** What fits into one request. */
const PREVIEW_MAX = { documents: 50, bytes: 500_000 };

@Api('configuration')
export class ConfigurationController {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly configuration: ConfigurationStore,
    private readonly database: DataSource,
    private readonly asking: Asking,
    private readonly requests: RequestStore,
    private readonly recomputations: RecomputationStore,
  ) {}

  @Post()
  @HttpCode(200)
  @Allow('admin')
  async apply(@Body() body: unknown, @By() caller: Caller) {
    const { documents } = readBody(Documents, body);
    const answer = await this.unit.submit(this.configuration.apply, { documents, by: caller.agentId });
    if (!('bundle' in answer)) throw refused(answer.problems);
    return { bundle: answer.bundle, changed: answer.changed, removed: answer.removed };
  }

  /** What it would do to the open tickets' clocks: checked like an apply, stored is nothing. `GET previews/:requestId` has the report. */
  @Post('preview')
  @Allow('admin', 'supervisor')
  async preview(
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { plan } = await this.configuration.plan(readBody(Documents, body).documents, this.database.manager);
    if (!('active' in plan)) throw refused(plan.problems);
    const documents = clockDocumentsOf(plan);
    const named = documents.map(({ kind, name }) => `${kind}/${name}`);
    if (documents.length === 0) {
      response.status(200);
      return { requestId: null, documents: named };
    }
    if (documents.length > PREVIEW_MAX.documents)
      throw new BadRequestException(
        `${documents.length} policies and calendars change; at most ${PREVIEW_MAX.documents} can be previewed at once`,
      );
    const bytes = Buffer.byteLength(JSON.stringify(documents));
    if (bytes > PREVIEW_MAX.bytes)
      throw new BadRequestException(
        `the policies and calendars that change have ${bytes} bytes; at most ${PREVIEW_MAX.bytes} can be previewed at once`,
      );
    const draft = (asked: Asked, requestId: string) => RecomputePreviewRequested(requestId, { ...asked, documents });
    return { ...(await this.asking.aboutNoTicket({ by, headers, response }, draft)), documents: named };
  }

  /** The last word on it: null before the first, `done` with the last. */
  @Get('previews/:requestId')
  @Allow('admin', 'supervisor')
  async previewed(@Param('requestId') requestId: string) {
    const request = await this.requests.find(requestId);
    if (request?.kind !== RecomputePreviewRequested.type) throw new NotFoundException(`preview '${requestId}' does not exist`);
    return { requestId, askedAt: request.askedAt, report: (await this.recomputations.find(requestId)) ?? null };
  }

  /** What the last applies did to the open tickets' clocks, the newest first. */
  @Get('recomputations')
  @Allow('admin', 'supervisor')
  async recomputed() {
    return { recomputations: await this.recomputations.applied() };
  }

  @Get()
  @Allow('admin', 'supervisor')
  async active() {
    const { bundle, records } = await this.configuration.active(this.database.manager);
    return { bundle, documents: records.map(({ kind, name, version }) => ({ kind, name, version })) };
  }

  @Get(':kind/:name')
  @Allow('admin', 'supervisor')
  async one(@Param('kind') kind: string, @Param('name') name: string) {
    const { records } = await this.configuration.active(this.database.manager);
    const record = records.find((one) => one.kind === kind && one.name === name);
    if (!record) throw new NotFoundException(`configuration '${kind}/${name}' does not exist`);
    return { ...record, key: keyOf(record) };
  }
}

function refused(problems: readonly Problem[]): HttpException {
  const [first] = problems;
  const message = `${first!.document}${first!.field === '' ? '' : ` ${first!.field}`}: ${first!.message}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new HttpException({ error: 'Unprocessable Content', message: message + more, problems }, 422);
}
