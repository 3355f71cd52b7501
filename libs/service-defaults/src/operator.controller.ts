import {
  type CanActivate,
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  UseGuards,
  type ExecutionContext,
} from '@nestjs/common';
import { UnitOfWork, type DeadLetter } from '@signalbox/messaging';
import type { Request } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import { DataSource } from 'typeorm';

export const OPERATOR_TOKEN = Symbol('OPERATOR_TOKEN');
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The operator's bearer token; without one configured, the door is shut. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(@Inject(OPERATOR_TOKEN) private readonly token: string | undefined) {}

  canActivate(context: ExecutionContext): boolean {
    const given = context.switchToHttp().getRequest<Request>().headers.authorization ?? '';
    if (this.token === undefined || !timingSafeEqual(digest(given), digest(`Bearer ${this.token}`))) {
      throw new ForbiddenException('an operator token is needed: set OPERATOR_TOKEN on the service and send it as a bearer token');
    }
    return true;
  }
}

/** Dead letters of this reader, for `npm run signalbox -- dead-letters`. */
@Controller('operator/dead-letters')
@UseGuards(OperatorGuard)
export class OperatorController {
  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
  ) {}

  @Get()
  list(@Query('all') all?: string): Promise<DeadLetter[]> {
    return this.unit.deadLetters.list(this.database.manager, { all: all === 'true' });
  }

  @Get(':id')
  async show(@Param('id', ParseIntPipe) id: number): Promise<object> {
    const record = await this.unit.deadLetters.show(id, this.database.manager);
    if (!record) throw new NotFoundException(`dead letter ${id} does not exist`);
    const headers = Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, String(value)]));
    return {
      topic: record.topic,
      partition: record.partition,
      offset: record.offset.toString(),
      key: record.key?.toString() ?? null,
      headers,
      value: record.value?.toString() ?? null,
      valueBase64: record.value?.toString('base64') ?? null,
    };
  }

  @Post(':id/replay')
  replay(@Param('id', ParseIntPipe) id: number): Promise<{ replayed: number }> {
    return this.unit.settleDeadLetter(id, 'replay');
  }

  @Post(':id/skip')
  skip(@Param('id', ParseIntPipe) id: number): Promise<{ replayed: number }> {
    return this.unit.settleDeadLetter(id, 'skip');
  }
}
