import { usageFailure } from '../errors.ts'
import { isJobAge } from '../ims/job-age.ts'
import type { CheckName } from '../spec/rows.ts'

type Check = (flag: string, typed: string, value: unknown, warn: (line: string) => void) => void

/** What is refused before anything is sent, because the service would take it and do harm. */
export const checks: Readonly<Record<CheckName, Check>> = {
  age: checkAge,
  'public-key': checkPublicKey,
}

function checkAge(flag: string, typed: string): void {
  if (isJobAge(typed)) return
  throw usageFailure(`Invalid value for '${flag}': ${typed || 'an empty text'} is not an age`, {
    more: ['  The service takes an age that it cannot read as "every job".'],
    next: `${flag} 7d, or ${flag} 12h`,
  })
}

const types = /^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/

// The service pastes the key into YAML as one line.
function checkPublicKey(flag: string, path: string, value: unknown, warn: (line: string) => void): void {
  const text = value as string
  const refuse = (why: string, next?: string) => usageFailure(`Invalid value for '${flag}': ${path} ${why}`, { next })
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----|^PuTTY-User-Key-File/m.test(text)) {
    throw refuse('holds a private key, which must never leave this machine', `${flag} ${path.replace(/\.(pem|ppk)$/, '')}.pub`)
  }
  if (text.startsWith('\uFEFF')) throw refuse('starts with a byte order mark', `save it without one`)
  const lines = text.replace(/\n$/, '').split('\n')
  if (text.trim() === '') throw refuse('is empty')
  if (lines.length > 1) throw refuse(`has ${lines.length} lines; a public key is one line`)
  const [type = '', data = ''] = text.trim().split(/\s+/)
  if (!types.test(type) || !/^AAAA[A-Za-z0-9+/]+=*$/.test(data)) {
    warn(`Warning: ${path} does not look like a public key; it is sent as it is.`)
  }
}
