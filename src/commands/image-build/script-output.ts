import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'
import type { Output } from '../../terminal/io.ts'

/** Where scripts that run side by side write to. */
export interface ScriptOutput extends Output {
  /** Shows what came without the end of a line. */
  rest(): void
}

/** Output that becomes lines: without what would move a terminal's cursor, which other lines need, too. */
export function scriptOutput(show: (line: string) => void): ScriptOutput {
  const decoder = new StringDecoder('utf8')
  let begun = ''
  const take = (text: string) => {
    const lines = (begun + text).split(/\r*\n/)
    begun = lines.pop()!
    // Of a line that was written over itself, its last state.
    for (const line of lines) show(stripVTControlCharacters(line.slice(line.lastIndexOf('\r') + 1)))
  }
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      take(decoder.write(chunk))
      done()
    },
  })
  return {
    isTTY: false,
    columns: 80,
    write: (text) => new Promise((done) => stream.write(text, () => done())),
    stream: stream as Output['stream'],
    rest() {
      if (begun !== '') take('\n')
    },
  }
}
