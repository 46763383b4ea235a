import Table from 'cli-table3';

type Fields = Record<string, unknown>;

/** What only programs need. `--json` shows it. */
const HIDDEN = ['done', 'queue', 'leasedUntil', 'retryWindowStartsAt', 'expiresAt', 'next'];
const GAP = '  ';
const PLAIN = {
  chars: {
    ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
    ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
    ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
    middle: GAP,
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
};

/** Writes an answer for people: a list as a table, and single fields one a line. */
export function toText(answer: unknown): string {
  if (isList(answer)) return toTable(answer);
  if (!isFields(answer)) return `${toCell(answer)}\n`;
  const single: string[][] = [];
  const lists: string[] = [];
  for (const [field, value] of Object.entries(answer)) {
    if (HIDDEN.includes(field)) continue;
    if (isList(value)) lists.push(`${toLabel(field)}:\n${toTable(value)}`);
    else single.push([toLabel(field), toCell(value)]);
  }
  return [...(single.length > 0 ? [toLines(single)] : []), ...lists].join('\n');
}

/** Columns that are empty in every row, or hold more than one value, are left out. */
function toTable(rows: Fields[]): string {
  if (rows.length === 0) return 'none\n';
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (column) =>
      !HIDDEN.includes(column) &&
      rows.every((row) => typeof row[column] !== 'object' || row[column] === null),
  );
  const cells = rows.map((row) => columns.map((column) => toCell(row[column])));
  return toLines(cells, columns.map(toLabel));
}

function toLines(rows: string[][], head: string[] = []): string {
  const table = new Table({ ...PLAIN, head });
  table.push(...rows);
  return `${table.toString().replace(/ +$/gm, '')}\n`;
}

function toCell(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** `lastError` is "last error" for people. */
function toLabel(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function isList(value: unknown): value is Fields[] {
  return Array.isArray(value) && value.every(isFields);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
