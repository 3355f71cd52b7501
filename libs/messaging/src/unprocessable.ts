/** The one answer to "does retrying help?": no. The event becomes a dead letter at once. */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}

// Class 08: connection; 57P: shutdown or starting up; 53: out of a resource; 25006: still read-only after a fail-over.
const INFRASTRUCTURE = /^(08|57P|53|25006|58)/;
const SOCKET =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|Connection terminated|connection timeout|not queryable|Client has encountered a connection error|timeout exceeded when trying to connect|Driver not Connected/i;

const codeOf = (error: unknown): string => {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  return String(driverError?.code ?? code ?? '');
};

/** No session could be had, whatever the database gave as its reason. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** True when the database or the network is away: then everybody waits, and nothing is given up. */
export function isInfrastructure(error: unknown): boolean {
  return (
    error instanceof DatabaseAway ||
    (error as { driverError?: unknown } | undefined)?.driverError instanceof DatabaseAway ||
    INFRASTRUCTURE.test(codeOf(error)) ||
    SOCKET.test(`${codeOf(error)} ${(error as Error | undefined)?.message ?? ''}`)
  );
}

/** Deadlock or serialization failure: the same work succeeds when simply done again. */
export function isConflict(error: unknown): boolean {
  return codeOf(error) === '40P01' || codeOf(error) === '40001';
}
