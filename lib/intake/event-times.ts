/**
 * Says when each event of a request was accepted or ordered. What stands behind a deletion must count
 * as later than it, and what stands before it must not. So the times differ by a millisecond where an
 * event follows a deletion. The last event has the time of the request.
 *
 * @param isDeletion for each event, in order
 * @param now the present, ms since the epoch
 * @returns ms since the epoch for each event
 */
export function eventTimes(isDeletion: boolean[], now: number): number[] {
  const times: number[] = [];
  let at = now;
  for (let index = isDeletion.length - 1; index >= 0; index -= 1) {
    if (isDeletion[index] === true && isDeletion[index + 1] === false) at -= 1;
    times[index] = at;
  }
  return times;
}
