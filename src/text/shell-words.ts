/** Words as a POSIX shell takes them apart again. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}

/** One word, quoted where a shell would see more in it than letters. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}
