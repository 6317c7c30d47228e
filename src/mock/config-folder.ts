import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { kubeconfig } from './kubernetes/kubeconfig.ts'

/** A temporary folder to set as `CRAY_CONFIG_DIR`, whose configuration points to a mock. */
export interface ConfigFolder {
  readonly path: string
  /** Where its certificate authority is, when it has one. */
  readonly caFile: string | undefined
  /** Leads kubectl to the mock's Kubernetes. */
  readonly kubeconfig: string
  remove(): void
}

/** Makes such a folder. It is also removed when the process ends in another way than by a signal nobody can catch. */
export function makeConfigFolder(url: string, ca: string | undefined): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'cray-ims-mock-'))
  const erase = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', erase)

  const caFile = ca === undefined ? undefined : join(path, 'ca.pem')
  if (caFile !== undefined) writeFileSync(caFile, ca!)
  const cray = join(path, '.config', 'cray')
  mkdirSync(join(cray, 'configurations'), { recursive: true, mode: 0o700 })
  // JSON's texts are TOML's.
  const core = ['[core]', `hostname = ${JSON.stringify(url)}`, ...(caFile ? [`ca_file = ${JSON.stringify(caFile)}`] : [])]
  writeFileSync(join(cray, 'configurations', 'default'), `${core.join('\n')}\n`, { mode: 0o600 })
  writeFileSync(join(cray, 'active_config'), 'default', { mode: 0o600 })
  const leading = join(path, 'kubeconfig')
  writeFileSync(leading, kubeconfig(url, caFile), { mode: 0o600 })
  return {
    path,
    caFile,
    kubeconfig: leading,
    remove() {
      erase()
      process.removeListener('exit', erase)
    },
  }
}
