/** Measures texts in the columns of a terminal. */
export interface Measure {
  width(text: string): number
  /** The text in at most so many columns: its middle is left out, since names differ at either end. */
  shorten(text: string, width: number): string
}

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text)

const ascii: Measure = {
  width: (text) => text.length,
  shorten(text, width) {
    if (text.length <= width) return text
    const half = Math.floor((width - 1) / 2)
    return `${text.slice(0, width - 1 - half)}…${half > 0 ? text.slice(-half) : ''}`
  },
}

/** What measures these texts: what knows the widths of all characters is only loaded for those that need it. */
export async function createMeasure(rows: readonly (readonly string[])[]): Promise<Measure> {
  if (rows.every((row) => row.every(isAscii))) return { ...ascii, width: (text) => text.length }
  const { default: stringWidth } = await import('string-width')
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  const width = (text: string) => (isAscii(text) ? text.length : stringWidth(text))
  /** The longest beginning that fits; of graphemes that are given from the end, the longest end. */
  const taken = (graphemes: readonly string[], room: number) => {
    let left = room
    const end = graphemes.findIndex((grapheme) => (left -= width(grapheme)) < 0)
    return end < 0 ? graphemes : graphemes.slice(0, end)
  }
  return {
    width,
    shorten(text, most) {
      if (isAscii(text)) return ascii.shorten(text, most)
      if (width(text) <= most) return text
      const graphemes = [...segmenter.segment(text)].map(({ segment }) => segment)
      const half = Math.floor((most - 1) / 2)
      const tail = taken([...graphemes].reverse(), half)
        .toReversed()
        .join('')
      const head = taken(graphemes, most - 1 - half).join('')
      return `${head}…${tail}`
    },
  }
}
