const HEADING = /^## (.*)$/m;

/**
 * Replaces one section of a document, or appends it.
 *
 * @param document in Markdown, with a heading of the second level above each section
 * @param title the text of the heading
 * @param text the new section, without its heading
 */
export function replaceSection(document: string, title: string, text: string): string {
  const [start = '', ...parts] = document.split(HEADING);
  const sections = new Map<string, string>();
  for (let at = 0; at < parts.length; at += 2) sections.set(parts[at] ?? '', parts[at + 1] ?? '');
  sections.set(title, text);
  const written = [...sections].map(([heading, body]) => `## ${heading}\n\n${body.trim()}\n`);
  return `${[`${start.trim()}\n`, ...written].join('\n')}`;
}
