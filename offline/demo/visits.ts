/** One page view of the demo's day. */
export interface Visit {
  /** Hour of the day, UTC. */
  hour: number;
  minute: number;
  /** Undefined: the sender forgot it. */
  email: string | undefined;
  path: string;
  /** Which SDK sends it. */
  sender: 'website' | 'app';
}

const PEOPLE = ['ada', 'ben', 'chloe', 'dmitri', 'emeka', 'fatima', 'grace', 'hiro', 'ines'];
const PATHS = ['/dashboard', '/invoices', '/reports', '/settings/team', '/help/import'];
const FIRST_HOUR = 8;
const LAST_HOUR = 19;
/** Everybody comes again after so many hours, and looks at several pages. */
const HOURS_BETWEEN = 3;
const PAGES_PER_VISIT = 3;

/** What a sender gets wrong: no address, and one that is none. */
const WRONG: Visit[] = [
  { hour: 10, minute: 40, email: undefined, path: '/signup', sender: 'website' },
  { hour: 15, minute: 20, email: 'jo at example.com', path: '/signup', sender: 'app' },
];

/** The day of a small customer, in order: each hour, somebody new comes. It is the same each time. */
export function visitsOfTheDay(): Visit[] {
  const visits = PEOPLE.flatMap((name, person) =>
    hoursFrom(FIRST_HOUR + person).flatMap((hour) => visitOf(name, person, hour)),
  );
  return [...visits, ...WRONG].sort((a, b) => a.hour - b.hour || a.minute - b.minute);
}

function hoursFrom(first: number): number[] {
  const count = Math.floor((LAST_HOUR - first) / HOURS_BETWEEN) + 1;
  return Array.from({ length: count }, (_, n) => first + n * HOURS_BETWEEN);
}

function visitOf(name: string, person: number, hour: number): Visit[] {
  return Array.from({ length: PAGES_PER_VISIT }, (_, page) => ({
    hour,
    minute: person * 5 + page,
    email: `${name}@example.com`,
    path: PATHS[(person + hour + page) % PATHS.length] ?? '/',
    sender: person % 2 === 0 ? ('website' as const) : ('app' as const),
  }));
}
