/** Text that a manual page shows as it is, on a line of its own. */
export function roffText(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replace(/[^\x20-\x7e]/gu, (character) => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`)
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped
}

/** The same in bold. */
export const bold = (text: string) => `\\fB${roffText(text)}\\fR`

/** A term, and what it means below it. */
export const item = (term: string, meaning: string) => ['.TP', bold(term), roffText(meaning)]

/** Lines that keep their form. */
export const example = (lines: readonly string[]) => ['.PP', '.RS 4', '.EX', ...lines.map(roffText), '.EE', '.RE']

export const paragraph = (text: string) => ['.PP', roffText(text)]
