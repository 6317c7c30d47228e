/** A long text that is put together from many small pieces. */
export interface Pieces {
  add(piece: string): void
  end(): string
}

/**
 * Collects pieces and joins them by the thousand: `+=` would leave a rope of one node a piece, and the garbage
 * collector, copying it again and again, would take most of the time and a third of the memory.
 */
export function collectPieces(): Pieces {
  const pieces: string[] = []
  const joined: string[] = []
  let count = 0
  return {
    add(piece) {
      pieces[count++] = piece
      if (count < 1024) return
      joined.push(pieces.join(''))
      count = 0
    },
    end() {
      pieces.length = count
      joined.push(pieces.join(''))
      return joined.join('')
    },
  }
}
