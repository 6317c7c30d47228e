import { isAscii } from 'node:buffer'
import { createListReader, type ListReader } from '../json/read-list.ts'
import type { Value } from '../json/value.ts'
import type { BodyCollector, ResponseHead } from '../http/transport.ts'

/** Takes the items of a list. */
export interface ItemSink {
  /** Takes the next item; false where the list has to be there as a whole. */
  add(item: Value): boolean
}

/** A body that is read while it comes. */
export interface ListBody<T extends ItemSink> extends BodyCollector {
  readonly taker: T
  /** It turned out to be a long list, and was read; if not, the body is whole. */
  begun(): boolean
  /** The taker needs the list as a whole. */
  refused(): boolean
  /** The text that it begins with. */
  head(): string
  /** @throws SyntaxError where the list isn't JSON to its end; what a taker threw. */
  end(): void
}

/** Less is read as a whole, which is as quick. */
const long = 2 ** 18

/**
 * Until a block as large as this was freed, glibc's malloc gives what is freed at its end back to the system, and asks for
 * it again with the next chunk: a tenth of the time that a long list takes.
 */
const largeBlock = 2 ** 24

/** Puts the body of a JSON answer together, and reads it as it comes once it is a long list; undefined for other answers. */
export function listBody<T extends ItemSink>({ status, headers }: ResponseHead, open: () => T): ListBody<T> | undefined {
  const isJson = /^[^;]*[/+]json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(headers['content-type'] ?? '')
  // What is encoded may become longer than it is.
  const isShort = !headers['content-encoding'] && Number(headers['content-length']) < long
  if (status !== 200 || !isJson || isShort) return undefined
  const chunks: Buffer[] = []
  let size = 0
  let head = ''
  let list: ListReader | undefined
  let refused = false
  let failed: { error: unknown } | undefined
  const taker = open()
  const decoder = createDecoder()

  return {
    taker,
    add(chunk) {
      if (list) return read(chunk)
      chunks.push(chunk)
      size += chunk.length
      if (size < long || !/^[ \t\r\n]*\[/.test(chunks[0]!.toString('latin1'))) return
      list = createListReader((item) => {
        refused ||= !taker.add(item)
      })
      Buffer.allocUnsafeSlow(largeBlock)
      chunks.splice(0).forEach(read)
    },
    whole: () => Buffer.concat(chunks),
    begun: () => list !== undefined,
    refused: () => refused,
    head: () => head,
    end() {
      if (failed) throw failed.error
      if (refused) return
      list?.add(decoder.rest())
      list?.end()
    },
  }

  // What goes wrong is told at the end: an answer that breaks off is not judged but asked for again.
  function read(chunk: Buffer): void {
    if (failed || refused) return
    const text = decoder.decode(chunk)
    if (head.length < 4096) head += text
    try {
      list!.add(text)
    } catch (error) {
      failed = { error }
    }
  }
}

/** Most answers are all ASCII, which need no decoding. */
function createDecoder() {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  return {
    decode(chunk: Buffer): string {
      if (!decoder && isAscii(chunk)) return chunk.toString('latin1')
      // Its first byte isn't the answer's, so that what looks like a byte order mark is text.
      decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
      return decoder.decode(chunk, { stream: true })
    },
    /** What is left of a character that was cut off. */
    rest: () => decoder?.decode() ?? '',
  }
}
