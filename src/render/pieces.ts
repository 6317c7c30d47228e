import { CliError } from '../errors.ts'
import type { Value } from '../json/value.ts'

/** Takes a text bit by bit, in order. */
export type Write = (text: string) => void

/** Writes a list whose items come one by one. */
export interface ListWriter {
  /** Takes the next item; false where it can't be written without those before it. */
  add(item: Value): boolean
  end(): void
}

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

/** How many keys a writer remembers the text of. Records have few; what is no record may have a new one every time. */
export const mostKeys = 4096

/** All that a writer writes, as one text. */
export function wholeText(writer: (write: Write) => void): string {
  let whole = ''
  writer((text) => (whole += text))
  return whole
}

/** The longest text that is held, in bytes. A list of half a GiB rarely becomes longer; one that nests deeply could fill all memory. */
const mostHeld = 2 ** 30

/**
 * Keeps a long text until it is known that it may be shown, as bytes, which take the least time and memory.
 *
 * @throws CliError (of `write`) where it becomes too long.
 */
export function bufferOutput(): { write: Write; blocks(): Buffer[] } {
  const size = 2 ** 18
  let held = 0
  const full: Buffer[] = []
  let block = Buffer.allocUnsafeSlow(size)
  let used = 0
  return {
    write(text) {
      // A unit of UTF-16 is at most three bytes of UTF-8.
      if (used + text.length * 3 > block.length) {
        full.push(block.subarray(0, used))
        held += used
        if (held > mostHeld)
          throw new CliError(`the result is longer than ${mostHeld / 2 ** 30} GiB`, {
            more: ['It is kept in memory until the answer is complete.'],
          })
        block = Buffer.allocUnsafeSlow(Math.max(size, text.length * 3))
        used = 0
      }
      used += block.write(text, used)
    },
    blocks: () => [...full, block.subarray(0, used)],
  }
}
