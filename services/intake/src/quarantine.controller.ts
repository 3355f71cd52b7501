import { Controller, Get, Inject, Injectable, NotFoundException, Param, Query, StreamableFile, UseGuards } from '@nestjs/common';
import { OperatorGuard } from '@signalbox/service-defaults';
import { createReadStream } from 'node:fs';
import { DataSource } from 'typeorm';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { FileStore } from './file.store.js';

const LISTED_MAX = 500;

interface QuarantinedRow {
  rawId: string;
  door: string;
  reason: string;
  sizeBytes: number;
  at: Date;
}

/** The guard's own token is private to the process's module; the environment says the same. */
@Injectable()
class QuarantineGuard extends OperatorGuard {
  constructor(@Inject(ENVIRONMENT) environment: IntakeEnvironment) {
    super(environment.OPERATOR_TOKEN);
  }
}

/** What was received and kept, but became no ticket: an operator can look at each and fetch its original. */
@Controller('operator/quarantine')
@UseGuards(QuarantineGuard)
export class QuarantineController {
  constructor(
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(FileStore) private readonly files: FileStore,
  ) {}

  @Get()
  async list(@Query('before') before?: string): Promise<QuarantinedRow[]> {
    const until = before !== undefined && !Number.isNaN(Date.parse(before)) ? new Date(before) : null;
    return this.database.query<QuarantinedRow[]>(
      `select raw_id as "rawId", door, quarantine_reason as reason, size_bytes as "sizeBytes", at from raw_original
       where quarantine_reason is not null and ($1::timestamptz is null or at < $1) order by at desc limit ${LISTED_MAX}`,
      [until],
    );
  }

  /** The original, byte for byte; as a download, because it is a stranger's. */
  @Get(':rawId')
  async original(@Param('rawId') rawId: string): Promise<StreamableFile> {
    const [row] = await this.database.query<{ bytes: Buffer | null; sha256: string | null }[]>(
      'select bytes, sha256 from raw_original where raw_id = $1 and quarantine_reason is not null',
      [rawId],
    );
    if (!row) throw new NotFoundException(`no original '${rawId.slice(0, 80)}' is in quarantine`);
    const options = { type: 'application/octet-stream', disposition: `attachment; filename="${rawId}"` };
    return row.bytes
      ? new StreamableFile(row.bytes, options)
      : new StreamableFile(createReadStream(this.files.pathOf(row.sha256!)), options);
  }
}
