import { gunzipSync, gzipSync } from 'node:zlib'

/** One block of a tar archive, in bytes. */
const block = 512

/** The most that an archive is unpacked to when it is looked into, in bytes. */
const mostUnpacked = 256 * 1024 * 1024

/** A gzipped tar archive of text files. */
export function packTexts(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const bytes = Buffer.from(text)
    return [header(name, bytes.length), bytes, Buffer.alloc((block - (bytes.length % block)) % block)]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * block)]))
}

function header(name: string, size: number): Buffer {
  const bytes = Buffer.alloc(block)
  const octal = (number: number, digits: number) => `${number.toString(8).padStart(digits, '0')}\0`
  bytes.write(name, 0)
  bytes.write(octal(0o644, 7), 100)
  bytes.write(octal(0, 7), 108)
  bytes.write(octal(0, 7), 116)
  bytes.write(octal(size, 11), 124)
  bytes.write(octal(0, 11), 136)
  bytes.write('        0', 148)
  bytes.write('ustar\x0000', 257)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

/** Whether bytes are a gzipped tar archive, and have a file of that name at their top; undefined where they are no archive. */
export function hasFile(archive: Buffer, name: string): boolean | undefined {
  let bytes: Buffer
  try {
    bytes = gunzipSync(archive, { maxOutputLength: mostUnpacked })
  } catch {
    return undefined
  }
  const text = (at: number, length: number) => bytes.toString('latin1', at, at + length).replace(/\0.*$/s, '')
  for (let at = 0; at + block <= bytes.length && bytes[at] !== 0;) {
    if (text(at + 257, 5) !== 'ustar') return undefined
    if (text(at, 100).replace(/^\.\//, '') === name) return true
    at += block * (1 + Math.ceil(parseInt(text(at + 124, 12), 8) / block))
  }
  return false
}
