import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { WebSocketServer, type WebSocket } from 'ws';
import { ChatWidget } from './chat-widget.js';
import { ChatStore, type ChatMessage } from './chat.store.js';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { Deliveries } from './deliveries.js';
import { FRAME_BYTES_MAX, parseClientFrame, type ClientFrame } from './domain/chat-frames.js';
import { signChatToken, verifyChatToken } from './domain/chat-token.js';
import { takeToken } from './domain/rate-limit.js';
import { subjectFrom } from './domain/social/submission-of.js';
import { Reception } from './reception.js';

const PATH = '/intake/v1/chat';
const WIDGETS_MAX = 20_000;
const HELLO_WITHIN_MS = 10_000;
const PING_MS = 20_000;
/** How soon a reply that any instance has stored appears in the widget. Only asked while widgets are connected. */
const LOOK_MS = 250;
const MESSAGES_BURST_MAX = 20;
const DRAIN_MS_MAX = 3_000;
// RFC 6455, 7.4.1: policy violation, service restart.
const CLOSE_POLICY = 1008;
const CLOSE_RESTART = 1012;

type Hello = ClientFrame & { type: 'hello' };
type Message = ClientFrame & { type: 'message' };

/** The chat: one WebSocket per widget. `accepted` is said after the commit; replies are written to every widget of the conversation. */
@Injectable()
export class ChatDoor implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('ChatDoor');
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX, clientTracking: false });
  readonly #widgets = new Set<ChatWidget>();
  readonly #connectionsOf = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #looking: Promise<void> | undefined;
  #closing = false;
  /** One line per outage, not four per second. */
  #blind = false;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(Reception) private readonly reception: Reception,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment,
  ) {}

  onApplicationBootstrap(): void {
    const http = this.host.httpAdapter.getHttpServer() as Server;
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
    this.#timers.push(
      setInterval(() => this.#ping(), PING_MS),
      setInterval(() => {
        this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
      }, LOOK_MS),
    );
  }

  /** What was said before gets its `accepted`; then the widgets are told to come back. */
  async onModuleDestroy(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const widgets = [...this.#widgets];
    const settled = Promise.all([this.#looking, ...widgets.map((widget) => widget.settled)]);
    await Promise.race([settled, sleep(DRAIN_MS_MAX, undefined, { ref: false })]);
    for (const { socket } of widgets) socket.close(CLOSE_RESTART, 'the service restarts');
    await Promise.race([
      Promise.all(
        widgets.map(({ socket }) => socket.readyState === socket.CLOSED || new Promise((resolve) => socket.once('close', resolve))),
      ),
      sleep(DRAIN_MS_MAX, undefined, { ref: false }),
    ]);
    for (const { socket } of widgets) socket.terminate();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    const address = request.socket.remoteAddress ?? '';
    const connections = this.#connectionsOf.get(address) ?? 0;
    if ((request.url ?? '').split('?', 1)[0] !== PATH) return refuse('404 Not Found');
    if (this.#closing || this.#widgets.size >= WIDGETS_MAX) return refuse('503 Service Unavailable');
    if (connections >= this.environment.CHAT_CONNECTIONS_PER_ADDRESS_MAX) return refuse('429 Too Many Requests');
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#connect(webSocket, address));
  }

  #connect(socket: WebSocket, address: string): void {
    const widget = new ChatWidget(socket, address);
    this.#widgets.add(widget);
    this.#connectionsOf.set(address, (this.#connectionsOf.get(address) ?? 0) + 1);
    const silent = setTimeout(() => socket.close(CLOSE_POLICY, 'no hello came'), HELLO_WITHIN_MS);
    socket.on('pong', () => (widget.alive = true));
    // A frame that is too large or no WebSocket frame at all: ws closes the socket itself.
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const taken = widget.enqueue(data, async (frame) => {
        await this.#answer(widget, frame);
        if (widget.visitor) clearTimeout(silent);
      });
      if (!taken) socket.close(CLOSE_POLICY, 'too many frames at once');
    });
    socket.once('close', () => {
      clearTimeout(silent);
      this.#widgets.delete(widget);
      const left = (this.#connectionsOf.get(address) ?? 1) - 1;
      if (left === 0) this.#connectionsOf.delete(address);
      else this.#connectionsOf.set(address, left);
    });
  }

  /** Never rejects: whatever goes wrong is said to the widget, which still has its message. */
  async #answer(widget: ChatWidget, bytes: Buffer): Promise<void> {
    const frame = parseClientFrame(bytes);
    if (!frame.ok) return void (await widget.write({ type: 'error', reason: frame.reason }));
    const clientMessageId = frame.value.type === 'message' ? frame.value.clientMessageId : undefined;
    try {
      if (frame.value.type === 'hello') await this.#hello(widget, frame.value);
      else await this.#message(widget, frame.value, bytes);
    } catch (error) {
      this.#logger.warn(`a chat frame could not be dealt with: ${(error as Error).message}`);
      await widget.write({ type: 'error', reason: 'this cannot be stored at the moment; send it again', clientMessageId });
    }
  }

  async #hello(widget: ChatWidget, hello: Hello): Promise<void> {
    if (widget.visitor) return void (await widget.write({ type: 'error', reason: 'hello was said already' }));
    const { CHAT_TOKEN_SECRET } = this.environment;
    const resumed = hello.resumeToken === undefined ? undefined : verifyChatToken(hello.resumeToken, CHAT_TOKEN_SECRET);
    if (hello.resumeToken !== undefined && resumed === undefined)
      return void (await widget.write({ type: 'error', reason: 'this resumeToken is not ours; say hello without it to begin anew' }));
    const conversation = resumed ?? randomUUID();
    const store = new ChatStore(this.database.manager);
    const current = resumed === undefined ? undefined : await store.current(conversation);
    if (resumed !== undefined && hello.lastMessageId !== undefined) widget.position = await store.positionOf(resumed, hello.lastMessageId);
    const earlier = resumed === undefined ? [] : await store.after(resumed, widget.position);
    const resumeToken = signChatToken(conversation, CHAT_TOKEN_SECRET);
    await widget.write({ type: 'welcome', resumeToken, ...(current && { ticketId: current.ticketId }) });
    await this.#show(widget, earlier);
    // Who began the conversation stays who it is with.
    widget.visitor = {
      conversation,
      address: current?.address ?? hello.email ?? `chat-${conversation}`,
      name: current?.name ?? hello.name,
      language: hello.language,
    };
  }

  async #message(widget: ChatWidget, { clientMessageId, text }: Message, bytes: Buffer): Promise<void> {
    const { visitor } = widget;
    const refuse = (reason: string): Promise<boolean> => widget.write({ type: 'error', reason, clientMessageId });
    if (!visitor) return void (await refuse('say hello first'));
    const limit = { burst: MESSAGES_BURST_MAX, perMinute: this.environment.CHAT_MESSAGES_PER_MINUTE_MAX };
    const taken = takeToken(widget.bucket, limit, new Date());
    widget.bucket = taken.bucket;
    if (!taken.allowed) return void (await refuse(`too many messages; send it again in ${Math.ceil(taken.retryAfterMs / 1000)} s`));
    const { conversation, address, name, language } = visitor;
    const receipt = await this.reception.receive({
      door: 'chat',
      channel: 'chat',
      channelAccount: 'chat',
      duplicateKey: `${conversation} ${clientMessageId}`,
      conversation,
      kind: 'human',
      customer: { address, name },
      subject: subjectFrom(text),
      text,
      language,
      attachments: [],
      raw: { bytes, sizeBytes: bytes.length },
    });
    await widget.write({ type: 'accepted', clientMessageId, messageId: receipt.messageId!, ticketId: receipt.ticketId! });
  }

  async #show(widget: ChatWidget, messages: readonly ChatMessage[]): Promise<void> {
    const shown = new Set(await widget.show(messages));
    const firstTime = messages.filter(({ messageId, waiting }) => waiting && shown.has(messageId)).map(({ messageId }) => messageId);
    if (firstTime.length > 0) await this.deliveries.pushed(firstTime);
  }

  /** By asking the database: whichever instance stored a reply, every widget of its conversation gets it. */
  async #look(): Promise<void> {
    const byConversation = Map.groupBy(
      [...this.#widgets].filter((widget) => widget.visitor),
      (widget) => widget.visitor!.conversation,
    );
    if (byConversation.size === 0) return;
    try {
      const asked = [...byConversation].map(([conversation, widgets]) => {
        return { conversation, after: Math.min(...widgets.map((widget) => widget.position)) };
      });
      const messages = Map.groupBy(await new ChatStore(this.database.manager).outgoing(asked), (message) => message.conversation);
      for (const [conversation, news] of messages)
        for (const widget of byConversation.get(conversation) ?? []) await this.#show(widget, news);
      this.#blind = false;
    } catch (error) {
      if (!this.#blind) this.#logger.warn(`cannot look for replies to show: ${(error as Error).message}`);
      this.#blind = true;
    }
  }

  #ping(): void {
    for (const widget of this.#widgets) {
      if (!widget.alive) widget.socket.terminate();
      else {
        widget.alive = false;
        widget.socket.ping();
      }
    }
  }
}
