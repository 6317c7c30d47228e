import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {{ name: string, version: string, license?: string }} Package */

const own = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))

/**
 * What the program consists of, as CycloneDX has it. It has no date and no serial number: the same files give the same
 * bytes.
 *
 * @param {readonly Package[]} packages of npm's registry.
 */
export function billOfMaterials(packages) {
  const { type: _, ...rest } = component(own)
  // One that lies at two places of node_modules is one.
  const components = [...new Map(packages.map((each) => [`${each.name}@${each.version}`, component(each)])).values()]
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', ...rest } },
    components,
  }
}

/**
 * What a package is called among those of all registries.
 *
 * @param {Package} of
 */
export const packageUrl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`

/** @param {Package} of */
export function component({ name, version, license }) {
  const purl = packageUrl({ name, version })
  const known = license?.includes(' ') ? { expression: license } : { license: { id: license } }
  return { type: 'library', 'bom-ref': purl, name, version, purl, ...(license ? { licenses: [known] } : {}) }
}
