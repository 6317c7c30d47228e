import type { Readable, Writable } from 'node:stream'

/** Lines of an input, without their ends. */
export async function* plainLines(from: Readable): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of from) {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop()!
    yield* lines
  }
  if (text !== '') yield text
}

/** Lines that are typed at a terminal: shown as they are typed, taken back by Backspace and Ctrl-C; Ctrl-D ends. */
export async function* editedLines(from: Readable, screen: Writable, prompt: () => string): AsyncGenerator<string> {
  let line = ''
  screen.write(prompt())
  for await (const chunk of from) {
    for (const key of String(chunk)) {
      if (key === '\r' || key === '\n') {
        screen.write('\r\n')
        yield line
        line = ''
        screen.write(prompt())
      } else if (key === '\x03') {
        line = ''
        screen.write(`^C\r\n${prompt()}`)
      } else if (key === '\x7f') {
        if (line !== '') screen.write('\b \b')
        line = line.slice(0, -1)
      } else if (key === '\x04' && line === '') return
      else if (key >= ' ') {
        line += key
        screen.write(key)
      }
    }
  }
}
