import type { Attachment, Channel, Door } from '@signalbox/contracts';

/** What every door makes of a message, before anybody knows which ticket it belongs to. */
export interface Submission {
  readonly door: Door;
  readonly channel: Channel;
  readonly channelAccount: string;
  /** The sender's own id of this message within the account: the same again is a duplicate. */
  readonly duplicateKey?: string | undefined;
  /** Messages with the same key on the same account belong to one ticket while it is open. */
  readonly conversation?: string | undefined;
  /** The conversation must exist already; otherwise the submission is refused. */
  readonly conversationRequired?: boolean;
  /** Found by mail threading. */
  readonly ticketId?: string | undefined;
  readonly kind: 'human' | 'auto-reply' | 'bounce';
  readonly customer: {
    /** Where a reply goes. */
    readonly address: string;
    readonly name?: string | undefined;
    /** Who it is, where that is not the address replies go to: the sender of a mail with a Reply-To, a member of a group chat. */
    readonly identity?: string | undefined;
  };
  readonly subject: string;
  readonly text: string;
  readonly truncated?: boolean | undefined;
  readonly attachments: readonly Attachment[];
  readonly language?: string | undefined;
  readonly externalId?: string | undefined;
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly providerMessageId?: string | undefined;
  /** The original, at most 256 KB; larger ones are written to a file first. */
  readonly raw: { readonly bytes?: Buffer | undefined; readonly sha256?: string | undefined; readonly sizeBytes: number };
}

/** Something received that no ticket is made of: an operator looks at it. */
export interface Quarantined {
  readonly door: Door;
  /** The same again is a duplicate. */
  readonly channelAccount: string;
  readonly duplicateKey: string;
  readonly reason: string;
  readonly raw: Submission['raw'];
}

/** What became of a submission. */
export interface Receipt {
  readonly outcome: 'ticket' | 'reply' | 'duplicate' | 'refused' | 'quarantined';
  readonly ticketId?: string;
  readonly messageId?: string;
  readonly number?: number;
  readonly reason?: string;
}
