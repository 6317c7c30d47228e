import { usageError } from '../errors.ts'
import { isJobAge } from '../ims/job-age.ts'
import { breaksYaml, nameTrouble } from '../ims/pasted-text.ts'
import { publicKeyTrouble } from '../ims/public-key-text.ts'
import type { CheckName } from '../definitions/definition.ts'

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
  name: checkName,
  'not-empty': checkNotEmpty,
}

// A variable that isn't set: as a path it would be the current folder.
function checkNotEmpty(flag: string, typed: string): void {
  if (typed.trim() === '') throw usageError(`Invalid value for '${flag}': it is empty.`)
}

function checkAge(flag: string, typed: string): void {
  if (isJobAge(typed)) return
  throw usageError(`Invalid value for '${flag}': ${typed === '' ? 'the age is empty (unset variable?)' : `${typed} is not an age`}`, {
    more: ['  The service takes an age that it cannot read as "every job".'],
    next: `${flag} 7d, or ${flag} 12h`,
  })
}

// Source of what is refused: the service's job templates.
function checkPublicKey(flag: string, path: string, value: unknown, { warn, terminal }: Warnings): void {
  const trouble = publicKeyTrouble(value as string)
  if (terminal && breaksYaml(value as string))
    warn(`Warning: ${path} has a comment that breaks the service's YAML: every job with this key would fail. Leave out its comment.`)
  if (!trouble) return
  if ('odd' in trouble) return warn(`Warning: ${path} ${trouble.odd}; it is sent as it is.`)
  const next = trouble.private && `${flag} ${path.replace(/\.(pem|ppk)$/, '')}.pub`
  throw usageError(`Invalid value for '${flag}': ${path} ${trouble.refused}`, { next })
}

// Mirrored commands say nothing outside a terminal when they succeed.
function checkName(flag: string, name: string, _: unknown, { warn, terminal }: Warnings): void {
  const trouble = terminal ? nameTrouble(name) : undefined
  if (trouble) warn(`Warning: the service can't work with ${flag} ${JSON.stringify(name)}: ${trouble}.`)
}
