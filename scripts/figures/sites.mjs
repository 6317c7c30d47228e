import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** @typedef {{ url: string, curlConfig: string, env: NodeJS.ProcessEnv }} Site a list of so many images, and how each program finds it */

const path = '/apis/ims/v3/images'
const token = 'a.bench.token'

/** A server's certificate as these systems have it: RSA, from an authority that a root has signed. */
async function makeChain() {
  /** @param {import('selfsigned').SubjectAltNameEntry[]} altNames @param {{ key: string, cert: string }} [ca] */
  const make = async (/** @type {string} */ name, altNames, ca) => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
      keyType: 'rsa',
      keySize: 2048,
      algorithm: 'sha256',
      ...(ca && { ca }),
      extensions: [altNames.length > 0 ? { name: 'subjectAltName', altNames } : { name: 'basicConstraints', cA: true, critical: true }],
    })
    return { key, cert }
  }
  const root = await make('bench root', [])
  const authority = await make('bench authority', [], root)
  const server = await make('bench', [{ type: 7, ip: '127.0.0.1' }], authority)
  return { ca: root.cert, key: server.key, chain: server.cert + '\n' + authority.cert }
}

/**
 * A server that does nothing but answer, so that its time is little, and the same for all: one site for each number of records.
 *
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly number[]} counts
 */
export async function startSites(folder, env, counts) {
  const { ca, key, chain } = await makeChain()
  /** @param {string} name @param {string} text */
  const write = (name, text) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const caFile = write('ca.pem', ca)
  for (const [name, text] of Object.entries({ 'key.pem': key, 'chain.pem': chain, token })) write(name, text)
  const credentials = write('token.json', JSON.stringify({ access_token: token, token_type: 'Bearer' }))
  const server = spawn(process.execPath, [join(import.meta.dirname, 'server.mjs'), folder, ...counts.map(String)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  server.stdout.setEncoding('utf8')
  const [text] = await Promise.race([once(server.stdout, 'data'), once(server, 'exit').then(() => [''])])
  if (!text) throw new Error('the server ended')
  /** @type {{ ports: number[], recordBytes: number }} */
  const { ports, recordBytes } = JSON.parse(text)

  const sites = counts.map((count, at) => {
    const home = join(folder, `site-${count}`)
    const origin = `https://127.0.0.1:${ports[at]}`
    mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
    write(`site-${count}/.config/cray/configurations/default`, `[core]\nhostname = "${origin}"\nca_file = "${caFile}"\n`)
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'bench',
      contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
      clusters: [{ name: 'bench', cluster: { server: origin, 'certificate-authority': caFile } }],
      users: [{ name: 'bench', user: { token } }],
    }
    /** @type {Site} */
    const site = {
      url: origin + path,
      curlConfig: write(`site-${count}/curl`, `header = "Authorization: Bearer ${token}"\ncacert = "${caFile}"\n`),
      env: {
        ...env,
        CRAY_CONFIG_DIR: home,
        CRAY_CREDENTIALS: credentials,
        KUBECONFIG: write(`site-${count}/kubeconfig`, JSON.stringify(kubeconfig)),
      },
    }
    return site
  })
  return {
    sites,
    recordBytes,
    caFile,
    async stop() {
      server.kill()
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    },
  }
}
