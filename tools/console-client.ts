import { SignJWT } from 'jose';
import { refusalBy, type ApplyProblem, type ConfigDocument } from './company-files.ts';

/** An answer that is no success, with what it finds wrong where it names that. */
class Refused extends Error {
  readonly problems: readonly ApplyProblem[];

  constructor(message: string, problems: readonly ApplyProblem[]) {
    super(message);
    this.problems = problems;
  }
}

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
    if (!response.ok) {
      const { detail = text, problems = [] } = (answer ?? {}) as { detail?: string; problems?: ApplyProblem[] };
      throw new Refused(`${method} ${path} → ${response.status}: ${detail}`, problems);
    }
    return answer as Answer;
  }

  /**
   * One apply is one bundle: all documents become active together, or none.
   * @throws Error with a line for each problem: file, line, record and field, what is wrong and what is allowed.
   */
  apply(documents: readonly ConfigDocument[]): Promise<{ bundle: number; changed: string[] }> {
    return this.#send('/configuration', documents);
  }

  /** What an apply would do to the open tickets' clocks: the id to ask for the report by, and the documents that clocks follow; null when none does. */
  preview(documents: readonly ConfigDocument[]): Promise<{ requestId: string | null; documents: string[] }> {
    return this.#send('/configuration/preview', documents);
  }

  async #send<Answer>(path: string, documents: readonly ConfigDocument[]): Promise<Answer> {
    try {
      return await this.call<Answer>('POST', path, {
        documents: documents.map(({ kind, name, content }) => ({ kind, name, content })),
      });
    } catch (error) {
      if (error instanceof Refused && error.problems.length > 0) throw new Error(refusalBy(error.problems, documents), { cause: error });
      throw error;
    }
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
