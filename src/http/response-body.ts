import { createDecoder } from './encoding.ts'
import { TransportError } from './transport-error.ts'
import { longestBody, type BodyCollector, type HttpRequest, type ResponseHead } from './transport.ts'

/** The body of an answer that comes. */
export interface OpenBody {
  /** @throws TransportError (too-large) */
  add(chunk: Buffer): void
  /** All has come: gives the body on once it is decoded. */
  end(done: (body: Buffer) => void): void
  destroy(): void
}

/**
 * Takes the body of an answer and decodes it as it comes. Neither form may be larger than the request takes, so that a few
 * bytes can't become more than memory holds.
 *
 * @param failed is told of what is found out later.
 * @throws TransportError for an encoding that wasn't asked for, and an answer that says itself that it is too large.
 */
export function openBody(head: ResponseHead, request: HttpRequest, failed: (error: unknown) => void): OpenBody {
  const longest = head.status < 400 ? (request.longest ?? longestBody) : longestBody
  const said = Number(head.headers['content-length'])
  if (said > longest) throw tooLarge(longest)
  const collector = request.collect?.(head) ?? collectBody(head.headers['content-encoding'] ? 0 : said)
  const received = within(longest, () => tooLarge(longest))
  const decoded = within(longest, () => tooLarge(longest, ' decoded'))
  let finish = () => {}
  const decoder = createDecoder(head.headers['content-encoding'], {
    data(chunk) {
      try {
        decoded(chunk)
        collector.add(chunk)
      } catch (error) {
        failed(error)
      }
    },
    end: () => finish(),
    failed,
  })
  return {
    add(chunk) {
      received(chunk)
      if (decoder) decoder.add(chunk)
      else collector.add(chunk)
    },
    end(done) {
      finish = () => {
        try {
          done(collector.whole())
        } catch (error) {
          failed(error)
        }
      }
      if (decoder) decoder.end()
      else finish()
    },
    destroy: () => decoder?.destroy(),
  }
}

function within(longest: number, beyond: () => TransportError): (chunk: Buffer) => void {
  let size = 0
  return (chunk) => {
    size += chunk.length
    if (size > longest) throw beyond()
  }
}

function tooLarge(longest: number, form = ''): TransportError {
  return new TransportError('too-large', { sent: true, message: `the answer is larger than ${Math.round(longest / 2 ** 20)} MiB${form}` })
}

/** Puts a body together where it will stay, when its length is known. */
function collectBody(length: number): BodyCollector {
  const known = length > 0 ? Buffer.allocUnsafeSlow(length) : undefined
  const chunks: Buffer[] = []
  let taken = 0
  return {
    add(chunk) {
      if (known) chunk.copy(known, taken)
      else chunks.push(chunk)
      taken += chunk.length
    },
    whole: () => known ?? Buffer.concat(chunks),
  }
}
