import { forThisMachine, runtimes } from '../runtimes.mjs'

/** Bun's, and those of what it contains whose texts have to come along: see licences/. */
export const runtimeLicence = 'MIT AND LGPL-2.0-only AND LGPL-2.1-only AND Apache-2.0'

/** @param {{ arch: string }} of */
export const executableName = ({ arch }) => `cray-ims-linux-${arch}`

/**
 * The Bun for this machine.
 *
 * @throws Error where there is none.
 */
export function ownRuntime() {
  const [own] = forThisMachine(runtimes.bun)
  if (!own) throw new Error('the executables are for Linux on x64 and arm64, and can only be made there')
  return own
}
