import { printable } from './printable.ts'

/** Words as a POSIX shell takes them apart again. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}

/** One word, quoted where a shell would see more in it than letters. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/** Words of a line that people read and paste: as {@link shellWords}, on one line and without what a terminal acts on. */
export function pastedWords(words: readonly string[]): string {
  return words.map(pastedWord).join(' ')
}

/** One word of such a line. bash, zsh and ksh take `$'…'`. */
export function pastedWord(word: string): string {
  if (printable(word) === word && !word.includes('\t')) return shellWord(word)
  const escape = (character: string) => [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  const text = [...word]
    .map((character) => named[character] ?? (printable(character) === character ? character : escape(character)))
    .join('')
  return `$'${text}'`
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', "'": "\\'", '\\': '\\\\' }
