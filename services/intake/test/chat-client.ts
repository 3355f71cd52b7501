import WebSocket from 'ws';

export interface Frame {
  readonly type: 'welcome' | 'accepted' | 'message' | 'error';
  readonly resumeToken?: string;
  readonly ticketId?: string;
  readonly clientMessageId?: string;
  readonly messageId?: string;
  readonly from?: string;
  readonly text?: string;
  readonly reason?: string;
}

/** A chat widget that keeps every frame it was sent. */
export class ChatClient {
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.frames.push(JSON.parse((data as Buffer).toString()) as Frame));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  static async connect(http: string): Promise<ChatClient> {
    const client = new ChatClient(new WebSocket(`${http.replace('http', 'ws')}/intake/v1/chat`));
    await new Promise<void>((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
    return client;
  }

  static async hello(http: string, hello: object = {}): Promise<ChatClient> {
    const client = await ChatClient.connect(http);
    client.say({ type: 'hello', ...hello });
    await client.next((frame) => frame.type === 'welcome');
    return client;
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The first frame that satisfies, be it here already or still to come. */
  next(satisfies: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.frames.find(satisfies);
        if (!found) return;
        clearTimeout(timer);
        this.socket.off('message', look);
        resolve(found);
      };
      const timer = setTimeout(() => reject(new Error(`no such frame among ${JSON.stringify(this.frames)}`)), 20_000);
      this.socket.on('message', look);
      look();
    });
  }

  async send(clientMessageId: string, text: string): Promise<Frame> {
    this.say({ type: 'message', clientMessageId, text });
    return this.next((frame) => frame.clientMessageId === clientMessageId);
  }

  get texts(): string[] {
    return this.frames.filter((frame) => frame.type === 'message').map((frame) => `${frame.from}: ${frame.text}`);
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      this.socket.once('close', () => resolve());
      this.socket.close();
    });
  }
}
