import { cpSync, existsSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'

const top = join(import.meta.dirname, '..')

/**
 * Copies the sources, for another build. What is large or is not built is the checkout's own.
 *
 * @param {string} to a folder that isn't there yet.
 */
export function copyCheckout(to) {
  const shared = ['.git', 'node_modules', 'package']
  cpSync(top, to, { recursive: true, filter: (path) => ![...shared, 'dist'].includes(relative(top, path)) })
  for (const name of shared) if (existsSync(join(top, name))) symlinkSync(join(top, name), join(to, name))
}
