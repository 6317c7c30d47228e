import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'
import { createLineSplitter, type Piece } from '../text/line-splitter.ts'
import type { Output } from '../terminal/io.ts'

/** Where scripts that run side by side write to. */
export interface ScriptOutput extends Output {
  /** Shows what came without the end of a line. */
  rest(): void
}

/** Output that becomes lines: without what would move a terminal's cursor, which other lines need, too. */
export function scriptOutput(show: (line: string) => void): ScriptOutput {
  const decoder = new StringDecoder('utf8')
  const { add, rest } = createLineSplitter()
  const take = (pieces: readonly Piece[]) => {
    // Of a line that was written over itself, its last state.
    for (const { text } of pieces) show(stripVTControlCharacters(lastState(text)))
  }
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      take(add(decoder.write(chunk)))
      done()
    },
  })
  return {
    isTTY: false,
    columns: 80,
    write: (text) => new Promise((done) => stream.write(text, () => done())),
    stream: stream as Output['stream'],
    rest: () => take(rest()),
  }
}

function lastState(line: string): string {
  let end = line.length
  while (line[end - 1] === '\r') end--
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end)
}
