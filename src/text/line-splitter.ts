/** A line of a text, or a piece of a long one. */
export interface Piece {
  readonly text: string
  /** It goes on a line whose beginning came before. */
  readonly continues?: true
  /** It isn't the end of its line. */
  readonly movesOn?: true
}

/** A longer line comes in pieces of this many UTF-16 units: a log without ends of line must not fill memory. */
export const longestPiece = 2 ** 20

/** Takes lines apart. */
export interface LineSplitter {
  /** The lines and pieces that are whole with more of the text. */
  add(more: string): Piece[]
  /** What is left where the text ends without an end of line. */
  rest(): Piece[]
}

/** Takes a text that comes bit by bit apart into its lines, in the same way wherever it is cut. It looks at each character once. */
export function createLineSplitter(): LineSplitter {
  let bits: string[] = []
  let length = 0
  let continues = false

  function take(more: string): void {
    bits.push(more)
    length += more.length
  }

  function piece(text: string, movesOn: boolean): Piece {
    const made: Piece = { text, ...(continues && { continues }), ...(movesOn && { movesOn }) }
    continues = movesOn
    return made
  }

  /** Whole pieces of the line that has no end yet. */
  function* pieces(): Generator<Piece> {
    while (length > longestPiece) {
      const text = bits.join('')
      // Both halves of a character outside the BMP stay together.
      const end = /[\ud800-\udbff]/.test(text[longestPiece - 1]!) ? longestPiece - 1 : longestPiece
      yield piece(text.slice(0, end), true)
      bits = [text.slice(end)]
      length = text.length - end
    }
  }

  function* end(): Generator<Piece> {
    yield* pieces()
    const text = bits.join('')
    bits = []
    length = 0
    yield piece(text, false)
  }

  return {
    add(more) {
      const found: Piece[] = []
      let start = 0
      for (let at = more.indexOf('\n'); at >= 0; at = more.indexOf('\n', start)) {
        take(more.slice(start, at))
        found.push(...end())
        start = at + 1
      }
      take(more.slice(start))
      found.push(...pieces())
      return found
    },
    rest: () => (length > 0 || continues ? [...end()] : []),
  }
}
