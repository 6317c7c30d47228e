import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saveToken } from '../config/save-token.ts'
import { tokenPath } from '../config/tokens.ts'
import { runUser } from './access.ts'
import { startKeeper } from './keeper.ts'
import { kubeconfig } from './kubernetes/kubeconfig.ts'

/** A temporary folder to set as `CRAY_CONFIG_DIR`, whose configuration points to a mock and has its token. */
export interface ConfigFolder {
  readonly path: string
  /** Where its certificate authority is, when it has one. */
  readonly caFile: string | undefined
  /** Leads kubectl to the mock's Kubernetes. */
  readonly kubeconfig: string
  /** Holds the token and nothing else. */
  readonly tokenFile: string
  /** For `curl --config`: the token, and whom to trust. */
  readonly curlConfig: string
  remove(): Promise<void>
}

export interface MockAddress {
  readonly url: string
  /** The mock's certificate authority; none for plain HTTP. */
  readonly ca: string | undefined
  readonly token: string
}

/** Makes such a folder: 0700, its files 0600. However this process ends, the folder goes with it. */
export function makeConfigFolder({ url, ca, token }: MockAddress): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'cray-ims-mock-'))
  const keeper = startKeeper(path)
  const write = (name: string, lines: readonly string[]) => {
    const file = join(path, name)
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    return file
  }

  const caFile = ca === undefined ? undefined : write('ca.pem', [ca.trimEnd()])
  mkdirSync(join(path, '.config/cray/configurations'), { recursive: true, mode: 0o700 })
  write('.config/cray/active_config', ['default'])
  // Tokens aren't sent over plain HTTP, neither by us nor by kubectl: there it is the password of an address.
  const withToken = url.replace('//', `//${runUser}:${token}@`)
  if (caFile === undefined) write('.config/cray/configurations/default', ['[core]', `hostname = ${quoted(withToken)}`])
  else {
    const core = ['[core]', `hostname = ${quoted(url)}`, `ca_file = ${quoted(caFile)}`]
    write('.config/cray/configurations/default', [...core, '', '[auth.login]', `username = ${quoted(runUser)}`])
    saveToken(tokenPath({ CRAY_CONFIG_DIR: path }, url, runUser), { access_token: token, token_type: 'Bearer' })
  }
  return {
    path,
    caFile,
    kubeconfig: write('kubeconfig', [kubeconfig(caFile === undefined ? { server: withToken } : { server: url, caFile, token })]),
    tokenFile: write('token', [token]),
    curlConfig: write('curl.conf', [`user = ${quoted(`${runUser}:${token}`)}`, ...(caFile ? [`cacert = ${quoted(caFile)}`] : [])]),
    remove: keeper.end,
  }
}

/** A text as TOML has it, and curl. */
const quoted = (text: string): string => JSON.stringify(text)
