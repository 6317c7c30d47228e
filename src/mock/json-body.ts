/**
 * The text of a request's JSON body; empty where the bytes are no text.
 * Source: Python's json module, which the service reads with: UTF-8, UTF-16 or UTF-32, with a byte order mark or without.
 */
export function bodyText(bytes: Uint8Array): string {
  const [a = 1, b = 1, c = 1, d = 1] = bytes
  const marked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
  if (bytes.length < 2 || (a !== 0 && b !== 0 && !marked)) return decoded(bytes, 'utf-8')
  const wide = (c === 0 && d === 0 && (a === 0xff || b === 0)) || (a === 0 && b === 0)
  if (wide && bytes.length >= 4) return decodedWide(bytes, a !== 0)
  return decoded(bytes, a === 0 || a === 0xfe ? 'utf-16be' : 'utf-16le')
}

function decoded(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return ''
  }
}

function decodedWide(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = view.getUint32(at, littleEndian)
    if (point > 0x10ffff) return ''
    if (point !== 0xfeff || at > 0) text += String.fromCodePoint(point)
  }
  return text
}

/** A string, or what Python writes for numbers that JSON doesn't know. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs
/** Stands for NaN while a text is read: no request has this string by accident. */
const notANumber = '\u0000NaN\u0000'

/**
 * The data of a JSON text, which may also have NaN, Infinity and a byte order mark.
 * @throws SyntaxError when it isn't JSON even so
 */
export function readJson(text: string): unknown {
  const bare = text.replace(/^\ufeff/, '')
  try {
    return JSON.parse(bare)
  } catch {
    return JSON.parse(bare.replace(stringOrNumber, number), (_, value: unknown) => (value === notANumber ? NaN : value)) as unknown
  }
}

function number(text: string): string {
  if (text.startsWith('"')) return text
  return text === 'NaN' ? JSON.stringify(notANumber) : text.replace('Infinity', '1e999')
}
