/** Whether a text matches a shell's pattern: `*` is any text, `?` a character, `[ab]` and `[!ab]` one of some or of all others. */
export function createPattern(pattern: string): (text: string) => boolean {
  const source = pattern.replace(/\*+|\?|\[!?\]?[^\]]*\]|[^*?[]+|\[/g, (part) => {
    if (part.startsWith('*')) return '.*'
    if (part === '?') return '.'
    const [, not, members] = /^\[(!?)(\]?[^\]]*)\]$/.exec(part) ?? []
    if (members) return `[${not ? '^' : ''}${members.replace(/[\\^\]&~|[]/g, '\\$&')}]`
    return part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
  const expression = compile(`^${source}$`) ?? compile(`^${pattern.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`)!
  return (text) => expression.test(text)
}

/** None for a range that goes down, which is no pattern. */
function compile(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'su')
  } catch {
    return undefined
  }
}
