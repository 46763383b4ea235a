/** A simulated customer. */
export interface Customer {
  id: string;
  /** The zone that it has first. */
  timeZone: string;
  /** What it signs its requests with, while its workspace has a shared secret. */
  sharedSecret: string;
}

/** Zones whose days differ most of the time. In all of them a day begins on the hour. */
export const TIME_ZONES = ['Pacific/Kiritimati', 'America/New_York', 'UTC', 'Asia/Tokyo'] as const;

export const CUSTOMERS: [Customer, ...Customer[]] = [
  customer('kiribati', 'Pacific/Kiritimati'),
  customer('new-york', 'America/New_York'),
  customer('reykjavik', 'UTC'),
  customer('tokyo', 'Asia/Tokyo'),
];

function customer(id: string, timeZone: string): Customer {
  return { id, timeZone, sharedSecret: `shared-secret-of-${id}` };
}

/** Finds the customer that a simulated address belongs to: its domain says it. */
export function customerOf(email: string): string {
  return email.slice(email.indexOf('@') + 1, email.lastIndexOf('.'));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar date in a time zone, computed in another way than the service does. */
export function dayIn(timeZone: string, instant: number): string {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone });
  formats.set(timeZone, format);
  return format.format(instant);
}
