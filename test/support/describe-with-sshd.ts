import { describe } from 'vitest'
import { hasSshd } from './sshd.ts'

/** As describe, but skipped where OpenSSH's server isn't installed. In CI it must be. */
export function describeWithSshd(name: string, body: () => void): void {
  const skip = !hasSshd && process.env.CI !== 'true'
  describe.skipIf(skip)(skip ? `${name} (skipped: install openssh-server)` : name, body)
}
