import { codeOf } from '../../lib/delivery/nat.ts';
import { SECOND_MS } from '../../lib/runtime/durations.ts';
import type { Check } from './checks.ts';

/** API Gateway gives up after 30 seconds. */
const TIMEOUT_MS = 31 * SECOND_MS;

/** A single call is answered within 5 seconds: senders wait no longer. */
const LIMIT_MS = 5 * SECOND_MS;

/** How a check ended. */
export interface CheckResult {
  /** How long the answer took. */
  ms: number;
  /** What is wrong; undefined if nothing is. */
  problem?: string | undefined;
  /** false if nothing answered, or something that is not this service. */
  isAnswered: boolean;
}

/**
 * Sends the request of a check and compares the answer.
 *
 * @param base the address of the API, without a path and without a slash at the end
 */
export async function runCheck(base: string, check: Check): Promise<CheckResult> {
  const startedAt = performance.now();
  const answer = await ask(base, check);
  const ms = Math.round(performance.now() - startedAt);
  if ('problem' in answer) {
    return {
      ms,
      isAnswered: false,
      problem: `${answer.problem} Is this the address of the service?`,
    };
  }
  return { ms, isAnswered: true, problem: problemOf(answer, ms, check) };
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function ask(base: string, check: Check): Promise<Answer | { problem: string }> {
  const { path, headers, body } = check;
  try {
    const response = await fetch(`${base}${path}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'manual',
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const json = parse(await response.text());
    if (json !== undefined) return { status: response.status, body: json };
    return { problem: `It answered ${response.status} without JSON.` };
  } catch (error) {
    return { problem: `There is no answer (${codeOf(error)}).` };
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? { ...json } : undefined;
  } catch {
    return undefined;
  }
}

function problemOf(answer: Answer, ms: number, { expected, advice }: Check): string | undefined {
  const isExpected =
    answer.status === expected.status &&
    Object.entries(expected.body).every(([name, value]) => answer.body[name] === value);
  if (!isExpected) {
    const [wanted, got] = [expected, answer].map(
      ({ status, body }) => `${status} ${JSON.stringify(body)}`,
    );
    return `Expected ${wanted}, got ${got}. ${advice}`;
  }
  if (ms <= LIMIT_MS) return undefined;
  return `It took longer than ${LIMIT_MS} ms: look at Duration and Throttles on the dashboard.`;
}
