import { Get, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Api, By } from './auth.guard.js';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';
import { Desk } from './desk.js';
import type { Caller } from './domain/visibility.js';
import { TicketQueryStore } from './ticket-query.store.js';

/** Files that customers sent: always as a download, never shown by the browser. Intake keeps them in two levels of folders by their hash. */
@Api('attachments')
export class AttachmentsController {
  constructor(
    @Inject(ENVIRONMENT) private readonly environment: ConsoleEnvironment,
    private readonly tickets: TicketQueryStore,
    private readonly desk: Desk,
  ) {}

  @Get(':sha256')
  async download(@Param('sha256') sha256: string, @By() caller: Caller, @Res() response: Response): Promise<void> {
    const missing = new NotFoundException(`attachment '${sha256.slice(0, 64)}' does not exist, or belongs to no ticket of yours`);
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw missing;
    const { view } = await this.desk.of(caller);
    const attachment = await this.tickets.attachment(view, sha256);
    if (!attachment) throw missing;
    const folder = this.environment.ATTACHMENTS_DIR;
    if (folder === undefined) throw new NotFoundException('attachments cannot be opened here: ATTACHMENTS_DIR is not set');
    const file = await open(join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256)).catch(() => undefined);
    if (!file) throw new NotFoundException(`the file of attachment '${sha256}' is not in ATTACHMENTS_DIR`);
    response.set({
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeName(attachment.filename)}`,
      'Cache-Control': 'private, max-age=3600, immutable',
    });
    // A reader who goes away in the middle ends the pipeline with an error that concerns nobody.
    await pipeline(file.createReadStream(), response).catch(() => response.destroy());
  }
}

/** RFC 8187: everything that is no plain letter or digit as percent-encoded UTF-8. */
const encodeName = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
