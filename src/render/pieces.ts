/** Takes a text bit by bit, in order. */
export type Write = (text: string) => void

/** A long text that is put together from many small pieces. */
export interface Pieces {
  add(piece: string): void
  end(): void
}

/**
 * Passes pieces on, joined by the thousand: `+=` would leave a rope of one node a piece, and one text of all would
 * be copied twice on its way out. Either would take most of the time and a third of the memory.
 */
export function joinPieces(write: Write): Pieces {
  const pieces: string[] = []
  let count = 0
  return {
    add(piece) {
      pieces[count++] = piece
      if (count < 4096) return
      write(pieces.join(''))
      count = 0
    },
    end() {
      pieces.length = count
      write(pieces.join(''))
    },
  }
}

/** All that a writer writes, as one text. */
export function wholeText(writer: (write: Write) => void): string {
  let whole = ''
  writer((text) => (whole += text))
  return whole
}
