import { createReader, unfinished } from './read.ts'
import type { Value } from './value.ts'

/** Reads a list bit by bit. */
export interface ListReader {
  /** Goes on with more of the text, which may end anywhere, even within a number. */
  add(more: string): void
  /** @throws SyntaxError as `readJson` does of the whole text. */
  end(): void
}

const comma = 0x2c
const opening = 0x5b
const closing = 0x5d

/**
 * Reads a JSON list whose text comes bit by bit.
 *
 * @param take is given each item when it is known to be whole, as `readJson` reads it.
 */
export function createListReader(take: (item: Value) => void): ListReader {
  const { goOn, peek, step, left, backTo, readValue, fail } = createReader()
  let next: 'list' | 'first' | 'item' | 'end' = 'list'
  let waiting = ''
  // How much has to wait for another try: a long item is not begun anew with every bit of it.
  let enough = 0

  return {
    add(more) {
      waiting += more
      if (waiting.length < enough) return
      goOn(waiting, false)
      waiting = ''
      readItems()
      enough = left()
    },
    end() {
      goOn(waiting, true)
      readItems()
    },
  }

  function readItems(): void {
    for (;;) {
      const before = left()
      try {
        if (!readOn()) return
      } catch (error) {
        if (error !== unfinished) throw error
        return backTo(before)
      }
    }
  }

  /** Reads the next item, or what is around them; false at the end. */
  function readOn(): boolean {
    const code = peek()
    if (next === 'end') {
      if (!Number.isNaN(code)) fail('the end')
      return false
    }
    if (next === 'list') {
      if (code !== opening) fail('a list')
      step()
      next = 'first'
      return true
    }
    if (next === 'first' && code === closing) {
      step()
      next = 'end'
      return true
    }
    const item = readValue(1)
    const after = peek()
    if (after !== comma && after !== closing) fail("',' or ']'")
    step()
    next = after === comma ? 'item' : 'end'
    take(item)
    return true
  }
}
