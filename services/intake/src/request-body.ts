import { PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

export const BODY_BYTES_MAX = 1_000_000;

/** Cut off at once, a sender that is still writing would lose the answer too: what more it sends is thrown away up to these bounds. */
const DISCARDED_BYTES_MAX = 4_000_000;
const DISCARDING_MS_MAX = 2_000;

/**
 * The raw bytes as `request.body`: signatures are verified over them, and the original is kept as it came. Too large a body is refused
 * before it has arrived; Express's own parser first reads it to its end.
 */
export function readBody(request: Request, _response: Response, next: NextFunction): void {
  const refuse = (error: Error): void => {
    request.off('data', take).off('end', finish);
    discard(request);
    next(error);
  };
  const tooLarge = (): void =>
    refuse(new PayloadTooLargeException(`the request body is too large; at most ${BODY_BYTES_MAX} bytes are allowed`));
  const chunks: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return tooLarge();
    chunks.push(chunk);
  };
  const finish = (): void => {
    if (bytes > 0) request.body = Buffer.concat(chunks);
    next();
  };
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return tooLarge();
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    return refuse(new UnsupportedMediaTypeException(`Content-Encoding is '${encoding.slice(0, 60)}'; send the body as it is`));
  request.on('data', take).once('end', finish);
}

function discard(request: Request): void {
  const cut = (): void => void request.socket.destroy();
  const timer = setTimeout(cut, DISCARDING_MS_MAX).unref();
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > DISCARDED_BYTES_MAX) cut();
  });
  request.once('close', () => clearTimeout(timer));
}
