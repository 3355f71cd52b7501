import type { RawData, WebSocket } from 'ws';
import type { ServerFrame } from './domain/chat-frames.js';
import type { TokenBucket } from './domain/rate-limit.js';
import type { ChatMessage } from './chat.store.js';

/** A widget that does not read is cut off; it resumes where it was. */
const BUFFERED_BYTES_MAX = 1_000_000;
/** Message ids remembered per socket, so that none is written twice. */
const REMEMBERED_MAX = 1_000;
/** Frames of one widget that wait for the one before. */
const FRAMES_WAITING_MAX = 32;

export interface Visitor {
  readonly conversation: string;
  readonly address: string;
  readonly name?: string | undefined;
  readonly language?: string | undefined;
}

/** One connected socket. Its frames are dealt with one after the other, so that messages keep their order. */
export class ChatWidget {
  alive = true;
  bucket: TokenBucket | undefined;
  /** Set by hello. */
  visitor: Visitor | undefined;
  /** The newest outgoing message that was written to it. */
  position = 0;
  readonly #written = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(
    readonly socket: WebSocket,
    readonly remoteAddress: string,
  ) {}

  /** False when too many frames wait already. */
  enqueue(data: RawData, handle: (frame: Buffer) => Promise<void>): boolean {
    if (this.#waiting >= FRAMES_WAITING_MAX) return false;
    this.#waiting += 1;
    // binaryType is nodebuffer: a frame is one Buffer.
    this.#work = this.#work.then(() => handle(data as Buffer)).finally(() => (this.#waiting -= 1));
    return true;
  }
  get settled(): Promise<void> {
    return this.#work;
  }

  /** Resolves true when the frame was given to the network. */
  write(frame: ServerFrame): Promise<boolean> {
    if (this.socket.readyState !== this.socket.OPEN) return Promise.resolve(false);
    if (this.socket.bufferedAmount > BUFFERED_BYTES_MAX) {
      this.socket.terminate();
      return Promise.resolve(false);
    }
    return new Promise((resolve) => this.socket.send(JSON.stringify(frame), (error) => resolve(!error)));
  }

  /** Writes what this socket has not had yet; the ids that reached the network. */
  async show(messages: readonly ChatMessage[]): Promise<string[]> {
    const shown: string[] = [];
    for (const { messageId, from, text, at, position } of messages) {
      if (this.#written.has(messageId)) continue;
      this.#remember(messageId);
      if (!(await this.write({ type: 'message', messageId, from, text, at: at.toISOString() }))) break;
      shown.push(messageId);
      if (from !== 'customer') this.position = Math.max(this.position, position);
    }
    return shown;
  }

  #remember(messageId: string): void {
    this.#written.add(messageId);
    if (this.#written.size > REMEMBERED_MAX) this.#written.delete(this.#written.values().next().value!);
  }
}
