import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes a folder the home of a user for whom a service is configured. No kubectl is found in its environment. */
export function configuredHome(home: string, url: string, more: Record<string, string> = {}): { env: Record<string, string> } {
  const configurations = join(home, '.config/cray/configurations')
  mkdirSync(configurations, { recursive: true })
  writeFileSync(join(configurations, 'default'), `[core]\nhostname = "${url}"\n`)
  return { env: { PATH: '/nowhere', HOME: home, LANG: 'C.UTF-8', CRAY_CONFIG_DIR: home, ...more } }
}
