const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const dateAndClock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const calendarDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** 12345 becomes `12,345`. */
export function formatNumber(number) {
  return number.toLocaleString('en');
}

/** 1 and `contact` become `1 contact`, 2 become `2 contacts`. */
export function count(number, noun) {
  return `${formatNumber(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** The time of day where the reader is, with the date if it is not today. */
export function formatMoment(timestamp) {
  const date = new Date(timestamp);
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? clock : dateAndClock).format(date);
}

/** `2020-05-31` becomes `31 May 2020`. */
export function formatDay(day) {
  return calendarDate.format(new Date(`${day}T00:00Z`));
}

/** The time of day in a time zone, with its name: `01:30 CEST`. */
export function formatTimeIn(timestamp, timeZone) {
  const options = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short', timeZone };
  return new Intl.DateTimeFormat('en-GB', options).format(new Date(timestamp));
}

/** 812 becomes `812 ms`, 2345 becomes `2.3 s`. */
export function formatDuration(ms) {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function formatBytes(bytes) {
  if (bytes < 1024) return count(bytes, 'byte');
  return bytes < 1024 ** 2
    ? `${(bytes / 1024).toFixed(1)} KB`
    : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
