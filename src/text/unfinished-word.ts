/** The beginning of a word, as it was typed to a shell. */
export interface UnfinishedWord {
  /** What the shell would make of it. */
  readonly text: string
  /** The quotes that it ends in; empty where they are closed. */
  readonly quotes: '' | "'" | '"'
}

/** Reads a word that somebody types, up to where they are: backslashes, and quotes that may not be closed. */
export function readUnfinishedWord(typed: string): UnfinishedWord {
  let text = ''
  let quotes: UnfinishedWord['quotes'] = ''
  for (let at = 0; at < typed.length; at++) {
    const character = typed[at]!
    if (character === quotes) quotes = ''
    else if (quotes === '' && (character === "'" || character === '"')) quotes = character
    else if (character === '\\' && (quotes === '' || (quotes === '"' && /[\\"$`]/.test(typed[at + 1] ?? '')))) text += typed[++at] ?? ''
    else text += character
  }
  return { text, quotes }
}

/**
 * What a POSIX shell takes for a text where it goes on behind the beginning of a word, within the quotes that are open there;
 * undefined where no such spelling exists. Of the text nothing is run or expanded.
 */
export function continueWord(text: string, quotes: UnfinishedWord['quotes']): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined
  // What a history expansion would take stays what it is only behind a backslash.
  if (quotes === "'") return /['!]/.test(text) ? undefined : text
  if (quotes === '"') return text.includes('!') ? undefined : text.replace(/[\\"$`]/g, '\\$&')
  return text.replace(/[^\w@%+=:,./\-\u0080-\uffff]/g, '\\$&')
}
