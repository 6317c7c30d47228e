import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Whoever knows the token of a run may ask its mock: other users of the machine reach its ports, too. */
export interface Access {
  /** Whether a text is the token. */
  matches(text: string): boolean
  /** Whether an Authorization header has it: as a bearer token, or as anybody's password. */
  admits(authorization: string | undefined): boolean
}

/** A new token: 256 random bits, as text that needs no quotes anywhere. */
export function makeRunToken(): string {
  return randomBytes(32).toString('hex')
}

/** The user that the token is the password of, where a client wants one. */
export const runUser = 'mock'

export function createAccess(token: string): Access {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(token)
  const matches = (text: string) => timingSafeEqual(digest(text), expected)
  return {
    matches,
    admits(authorization = '') {
      const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? []
      if (scheme.toLowerCase() !== 'basic') return matches(credentials)
      return matches(
        Buffer.from(credentials, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      )
    },
  }
}
