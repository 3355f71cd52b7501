import { SignJWT } from 'jose';
import type { ConfigDocument } from './company-files.ts';

/** The console's public API, as any other program would use it. */
export class ConsoleClient {
  readonly #baseUrl: string;
  readonly #token: string;

  constructor(baseUrl: string, token: string) {
    this.#baseUrl = baseUrl;
    this.#token = token;
  }

  /** @throws Error with the problem's detail; nothing is tried again. */
  async call<Answer>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.#baseUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const answer = text === '' ? undefined : (JSON.parse(text) as unknown);
    if (!response.ok)
      throw new Error(`${method} ${path} → ${response.status}: ${(answer as { detail?: string } | undefined)?.detail ?? text}`);
    return answer as Answer;
  }

  /** One apply is one bundle: all documents become active together, or none. */
  apply(documents: readonly ConfigDocument[]): Promise<{ bundle: number; changed: string[] }> {
    return this.call('POST', '/configuration', { documents: documents.map(({ kind, name, content }) => ({ kind, name, content })) });
  }
}

/** A token such as the console issues itself; only who has its secret can make one. */
export function mintToken(secret: string, subject: string, role: 'agent' | 'supervisor' | 'admin', lifetime = '30d'): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(secret));
}
