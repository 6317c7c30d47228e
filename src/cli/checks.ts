import { usageFailure } from '../errors.ts'
import { isJobAge } from '../ims/job-age.ts'
import type { CheckName } from '../spec/rows.ts'

/** Where a check's warnings go. */
export interface Warnings {
  warn: (line: string) => void
  /** A person reads them: stderr is a terminal. */
  terminal: boolean
}

type Check = (flag: string, typed: string, value: unknown, warnings: Warnings) => void

/** What is refused before anything is sent, because the service would take it and do harm. */
export const checks: Readonly<Record<CheckName, Check>> = {
  age: checkAge,
  'public-key': checkPublicKey,
  'yaml-name': checkYamlName,
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
function checkPublicKey(flag: string, path: string, value: unknown, { warn }: Warnings): void {
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

const otherThanText = /^(\s*|[-+]?[\d_]*\.?[\d_]+|0[xo][\da-f]+|~|null|true|false|yes|no|on|off|y|n)$|^[-?:,[\]{}#&*!|>'"%@`]|: | #|:$|^\s|\s$/i

// The service pastes names into YAML unquoted. Mirrored commands say nothing outside a terminal when they succeed.
function checkYamlName(flag: string, name: string, _: unknown, { warn, terminal }: Warnings): void {
  if (terminal && otherThanText.test(name)) warn(`Warning: the service may fail over ${flag} ${JSON.stringify(name)}: YAML does not read it as a name.`)
}
