import fc from 'fast-check';
import { address, blank, description, generatedTimestamp, mostly } from './generated-values.ts';

const otherType = fc.constantFrom<unknown>(null, null, null, 0, 5, true, false, [], ['a@b.co'], {});
const orOther = (value: fc.Arbitrary<unknown>) => mostly(value, otherType, 80);
const absent = fc.constant(undefined);
const orAbsent = (value: fc.Arbitrary<unknown>, presentPerAbsent: number) =>
  mostly(orOther(value), absent, presentPerAbsent);
const type = mostly(
  fc.mixedCase(fc.constant('identify')),
  fc.constantFrom<unknown>('track', 'page', '', 'identify ', null, 5, undefined),
  9,
);

/** An object with these fields; now and then one is absent, in another casing, or there twice. */
function holderOf(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const entries = Object.entries(fields).map(([name, value]) =>
    fc.tuple(mostly(fc.constant(name), fc.mixedCase(fc.constant(name)), 2), value),
  );
  const extra = mostly(
    fc.constant([]),
    fc.array(fc.tuple(fc.mixedCase(fc.constantFrom('email', 'url', 'plan', 'type')), address)),
    60,
  );
  return fc
    .tuple(fc.tuple(...entries), extra)
    .map(([own, more]) => [...own, ...more].filter(([, value]) => value !== undefined))
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
    .map((all) => Object.fromEntries(all));
}

/**
 * Events in every documented format, valid and almost valid, some with fields in the wrong place.
 *
 * @param now the current time, ms since the epoch
 */
export function generatedEvent(now: number): fc.Arbitrary<unknown> {
  const timestamp = generatedTimestamp(now);
  const traits = orAbsent(holderOf({ email: orAbsent(address, 3), plan: orAbsent(blank, 1) }), 1);
  const page = orAbsent(holderOf({ url: orAbsent(description, 3) }), 1);
  const fields = {
    type,
    timestamp: orAbsent(timestamp, 9),
    originalTimestamp: mostly(absent, timestamp, 4),
    sentAt: mostly(absent, orOther(timestamp), 3),
    receivedAt: mostly(absent, orOther(timestamp), 5),
    email: orAbsent(address, 2),
    event: mostly(absent, orOther(description), 1),
    url: mostly(absent, orOther(description), 5),
    traits,
    page,
    context: mostly(absent, orOther(holderOf({ traits, page })), 2),
  };
  return mostly(holderOf(fields), otherType, 200);
}
