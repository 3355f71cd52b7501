import { Body, Get, HttpCode, HttpException, NotFoundException, Param, Post } from '@nestjs/common';
import { UnitOfWork } from '@signalbox/messaging';
import { DataSource } from 'typeorm';
import { Allow, Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { ConfigurationStore } from './configuration.store.js';
import { Documents, keyOf } from './domain/configuration.js';
import type { Caller } from './domain/visibility.js';

@Api('configuration')
export class ConfigurationController {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly configuration: ConfigurationStore,
    private readonly database: DataSource,
  ) {}

  @Post()
  @HttpCode(200)
  @Allow('admin')
  async apply(@Body() body: unknown, @By() caller: Caller) {
    const { documents } = readBody(Documents, body);
    const answer = await this.unit.submit(this.configuration.apply, { documents, by: caller.agentId });
    if (!('bundle' in answer)) {
      const [first] = answer.problems;
      const message = `${first!.document}${first!.field === '' ? '' : ` ${first!.field}`}: ${first!.message}`;
      const more = answer.problems.length > 1 ? ` (and ${answer.problems.length - 1} more)` : '';
      throw new HttpException({ error: 'Unprocessable Content', message: message + more, problems: answer.problems }, 422);
    }
    return { bundle: answer.bundle, changed: answer.changed, removed: answer.removed };
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
