import * as v from 'valibot';
import { apiUrlOf, succeeds } from './operator.ts';
import { natUrl } from './workplace.ts';

/** A customer of a stage, with its API key, and what it and Nat can see. */
export interface Sender {
  /** Sends an event of today, and returns the answer. */
  send(email: string): Promise<unknown>;
  /** The interactions of a contact in the Nat sandbox. */
  timeline(email: string): Promise<unknown[]>;
  /** The status of a contact's interaction in the ledger. */
  statusOf(email: string): Promise<string | undefined>;
}

const timelineSchema = v.object({ interactions: v.array(v.unknown()) });

/** Adds a workspace to a stage, for which events can be sent. */
export async function addSender(stage: string, workspace: string, key: string): Promise<Sender> {
  const operate = 'npm run operate --';
  const scope = `--stage ${stage} --workspace ${workspace}`;
  await succeeds(`${operate} workspace.add ${scope} --name Acme --api-key env:KEY`, { KEY: key });
  const url = `${await apiUrlOf(stage)}/v1/identify`;
  return {
    async send(email) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          type: 'identify',
          timestamp: new Date().toISOString(),
          traits: { email },
          page: { url: 'https://example.com' },
        }),
      });
      return response.json();
    },
    async timeline(email) {
      const response = await fetch(`${natUrl}/timelines/${email}`, {
        headers: { authorization: `Basic ${btoa(`${key}:`)}` },
      });
      if (response.status === 404) return [];
      return v.parse(timelineSchema, await response.json()).interactions;
    },
    async statusOf(email) {
      const output = await succeeds(
        `${operate} interactions.show ${scope} --email ${email} --json`,
      );
      return /"status": "(\w+)"/.exec(output)?.[1];
    },
  };
}

/** Lets Nat misbehave in this way, or ends that. */
export async function setFault(fault: object | undefined): Promise<void> {
  await fetch(`${natUrl}/faults`, {
    method: fault === undefined ? 'DELETE' : 'PUT',
    headers: { 'content-type': 'application/json' },
    ...(fault !== undefined && { body: JSON.stringify(fault) }),
  });
}
